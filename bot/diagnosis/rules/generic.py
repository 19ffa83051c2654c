"""Rules for sentences that only say that something failed, so that another error is the cause."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

_ADVICE = "The line does not say why: open the full log and look at what was printed before it."

CONSEQUENCES = (
    Rule(
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
        specificity=Specificity.CONSEQUENCE,
        samples=(
            "torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
            "subprocess.CalledProcessError: Command '['python']' returned non-zero exit status 1.",
        ),
    ),
    Rule(
        id="consequence.waited",
        category=Category.CODE_EXCEPTION,
        patterns=(
            (
                r"(?:produced|yielded|delivered|received|got) no (?:new |more )?"
                r"(?:batch|data|item|sample|result|output|message)"
            ),
            r"queue (?:is|was|stayed|remained) empty",
            (
                r"(?:worker|thread|producer|prefetch\w*|feeder|loader|reader|actor)\b.{0,30} "
                r"(?:died|dead|not alive|no longer alive|stalled|stopped responding|gone|crashed|hung)\b"
            ),
            (
                r"(?:timed out|gave up|stopped) waiting (?:for|on) (?:a |an |the )?"
                r"(?:worker|thread|producer|batch|queue|loader|result)s?\b"
            ),
        ),
        exceptions=(
            "RuntimeError",
            "Exception",
            "TimeoutError",
            "AssertionError",
            "OSError",
            "ValueError",
            "Empty",
        ),
        advice="It waited for another thread or process that had failed: see what that one said before.",
        specificity=Specificity.SECONDARY,
        samples=(
            "RuntimeError: the reader produced no data for 30 s",
            "RuntimeError: prefetch thread died",
        ),
    ),
    Rule(
        id="consequence.empty",
        category=Category.CODE_EXCEPTION,
        exceptions=("_queue.Empty", "queue.Empty"),
        advice="It waited for another thread or process that had failed: see what that one said before.",
        specificity=Specificity.SECONDARY,
        samples=("_queue.Empty",),
    ),
    Rule(
        id="consequence.retries",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"RetryError\[<Future at \w+ state=finished (?:raised|returned) (?P<raised>\w+)>\]",
            r"^(?:\w{1,60}\.){0,8}\w{0,40}(?:Retries|Attempts)(?:Exceeded|Exhausted)(?:Error|Exception)?(?::|$)",
        ),
        advice="It tried again until it gave up: see what it met each time, in the lines before.",
        specificity=Specificity.SECONDARY,
        samples=(
            "tenacity.RetryError: RetryError[<Future at 0x7f20 state=finished raised ZeroDivisionError>]",
        ),
    ),
    Rule(
        id="consequence.install",
        category=Category.DEPENDENCY_INSTALL,
        patterns=(
            r"subprocess-exited-with-error",
            r"This error originates from a subprocess",
            r"did not run successfully",
            r"could not solve for environment specs",
            r"npm (?:ERR!|error) code (?!ELIFECYCLE)\w+$",
        ),
        advice=(
            "An install step failed: open the full log and look at what was printed just before this line."
        ),
        specificity=Specificity.CONSEQUENCE,
        samples=("error: subprocess-exited-with-error",),
    ),
    Rule(
        id="consequence.build",
        category=Category.BUILD_FAILURE,
        patterns=(
            r"make(?:\[\d+\])?: \*\*\* ",
            r"cc1\w*: (?:all|some) warnings being treated as errors",
            r"make(?:\[\d+\])?: target .{0,120} not remade because of errors",
            r"collect2: error",
            r"could not compile `",
            r"error: command .{0,400} failed with exit",
            r"did not complete successfully",
            r"returned a non-zero code",
            r"build step \d+ .{0,200} failed",
            r"Your build failed",
            r"error building image",
            r"failed to solve: process",
            r"executor failed running",
            r"error: test failed, to rerun",
        ),
        advice="A step of the build failed: open the full log and look at what that step printed last.",
        specificity=Specificity.CONSEQUENCE,
        samples=("make: *** [Makefile:7: k.o] Error 1",),
    ),
    Rule(
        id="consequence.exit",
        category=Category.UNKNOWN,
        patterns=(
            r"non-zero (?:exit )?(?:status|code)",
            r"called exit\(\d+\)",
            r"exited with an error",
            r"has failed to complete",
            r"^(?:RuntimeError: )?Job failed",
            r"failed to provision (?:the )?(?:job )?resources",
            r"FATAL ERROR DETECTED",
            r"BAILOUT TRIGGER",
            r"Killing agent",
            r"^exit (?:code|status)",
            r"Command exited with",
            r"A complete log of this run",
            r"^Job cancelled",
            r"exit status \d+$",
            r"build not started",
            r"ELIFECYCLE",
            r"exits with return code",
            r"Killing subprocess",
            r"Process completed with exit code",
            r"Sending process \d+ closing signal",
            r"exitcode ?:",
            r"^Error executing job with overrides",
            r"(?:finished|ended|stopped|exited|failed) with (?:exit )?(?:status|code|rc)[ =:]+[1-9]",
        ),
        advice=_ADVICE,
        specificity=Specificity.CONSEQUENCE,
        samples=(
            "The replica workerpool0-0 exited with a non-zero status of 1.",
            "Container called exit(1).",
        ),
    ),
)
