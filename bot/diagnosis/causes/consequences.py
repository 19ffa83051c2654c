"""Sentences that say only that something failed; the cause is elsewhere if there is any."""

from __future__ import annotations

from bot.diagnosis.cause import Cause, Strength
from bot.models.diagnosis import Category

_ADVICE = "The line does not say why: open the full log and look at what was printed before it."

CONSEQUENCES = (
    Cause(
        id="consequence.wrapper_exception",
        category=Category.UNKNOWN,
        exceptions=(
            "ChildFailedError",
            "CalledProcessError",
            "SystemExit",
            "KeyboardInterrupt",
            "LaunchError",
            "ExceptionGroup",
            "BaseExceptionGroup",
            "ProcessRaisedException",
            "ProcessExitedException",
            "RayTaskError",
            "SignalException",
            "RemoteTraceback",
            "_RemoteTraceback",
            "CancelledError",
            "BrokenProcessPool",
            "ActorDiedError",
            "WorkerCrashedError",
            "click.exceptions.Exit",
        ),
        advice=_ADVICE,
        strength=Strength.CONSEQUENCE,
        samples=(
            "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
            "subprocess.CalledProcessError: Command '['python']' returned non-zero exit status 1.",
        ),
    ),
    Cause(
        id="consequence.exit",
        category=Category.UNKNOWN,
        patterns=(
            r"non-zero (?:exit )?(?:status|code)",
            r"called exit\(\d+\)",
            r"exited with an error",
            r"has failed to complete",
            r"^Job failed",
            r"FATAL ERROR DETECTED",
            r"BAILOUT TRIGGER",
            r"did not complete successfully",
            r"Killing agent",
            r"did not run successfully",
            r"^exit (?:code|status)",
            r"Command exited with",
            r"A complete log of this run",
            r"make(?:\[\d+\])?: \*\*\* ",
            r"collect2: error",
            r"subprocess-exited-with-error",
            r"error: command .{0,400} failed with exit",
            r"This error originates from a subprocess",
            r"^Job cancelled",
            r"exit status \d+$",
            r"build not started",
            r"ELIFECYCLE",
            r"Sending process \d+ closing signal",
            r"exitcode ?:",
        ),
        advice=_ADVICE,
        strength=Strength.CONSEQUENCE,
        samples=(
            "The replica workerpool0-0 exited with a non-zero status of 1.",
            "Container called exit(1).",
        ),
    ),
)
