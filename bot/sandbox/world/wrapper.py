"""The log lines of the wrapper around the agent in a runner's image.

The agent itself prints none of them. The format is that of a typical bail-out wrapper: `Runs: N`, a
trigger, the matching lines with their numbers, then the last hundred lines.
"""

from __future__ import annotations

RULE = "━" * 60
_PID = 22


def start_lines(idle_minutes: int) -> tuple[str, ...]:
    """Return the first lines of an attempt."""
    return (
        "🚀 Starting the W&B Launch agent",
        f"⏱️  Idle timeout: {idle_minutes} minutes",
        "📊 Runs: 0",
        "",
        f"✓ Agent started (PID: {_PID}), watching for fatal errors",
    )


def submitted_lines(runs: int, lifetime: float) -> tuple[str, ...]:
    """Return the lines after the submission of a custom job."""
    return (
        "",
        f"✅ Job submitted to Vertex AI (Runs: {runs})",
        f"📊 Runner lifetime: {format_span(lifetime)}",
        "",
    )


def heartbeat_line(runs: int, lifetime: float, idle: float) -> str:
    """Return the line printed every five minutes."""
    return f"💓 Agent alive, Runs: {runs}, lifetime {format_span(lifetime)}, idle {format_span(idle)}"


def bail_out_lines(
    found: tuple[str, str], context: tuple[str, ...], runs: int, lifetime: float
) -> tuple[str, ...]:
    """Return the lines after a fatal error: `found` by `fatal_match` in the last lines, `context`."""
    pattern, reason = found
    return (
        "",
        f"🚨 FATAL ERROR DETECTED: {reason}",
        "",
        RULE,
        f"🔍 BAILOUT TRIGGER: {reason} (pattern: {pattern!r})",
        RULE,
        f"📍 Lines with the pattern, of the last {len(context)}:",
        *(f"  ► {number}:{line}" for number, line in enumerate(context, 1) if pattern in line),
        "",
        f"━━━ Full Log Context (last {len(context)} lines) ━━━",
        *context,
        RULE,
        "",
        f"❌ Killing agent (PID: {_PID}) - waiting does not mend this",
        *_stats(runs, lifetime),
    )


def idle_lines(runs: int, lifetime: float) -> tuple[str, ...]:
    """Return the lines printed when the runner exits because it is idle."""
    return ("", f"✓ Idle for too long, runner completed {runs} runs", *_stats(runs, lifetime))


def format_span(seconds: float) -> str:
    """Return a span of time, such as "1h 4m 9s"."""
    whole = int(seconds)
    hours, minutes = whole // 3_600, whole // 60 % 60
    return f"{hours}h {minutes}m {whole % 60}s" if hours else f"{minutes}m {whole % 60}s"


FATAL_CLASSES: tuple[tuple[str, str], ...] = (
    ("Machine type", "machine type not supported"),
    ("quota metrics exceed", "quota exceeded"),
    ("PermissionDenied", "permission denied (403)"),
    ("NotFound", "not found (404)"),
    ("InvalidArgument", "invalid argument (400)"),
    ("Traceback (most recent call last)", "Python traceback"),
)


def fatal_match(lines: tuple[str, ...]) -> tuple[str, str] | None:
    """Return the first matching pattern and its name in the wrapper's log; None if there is no error."""
    return next(
        ((pattern, reason) for pattern, reason in FATAL_CLASSES if any(pattern in line for line in lines)),
        None,
    )


def _stats(runs: int, lifetime: float) -> tuple[str, ...]:
    return ("📊 Final runner stats:", f"   • Runs: {runs}", f"   • Lifetime: {format_span(lifetime)}")
