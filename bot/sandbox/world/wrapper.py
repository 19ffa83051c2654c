"""What a runner's image prints around the agent: its start, its count of runs, its bail-out, its end.

The stock agent prints none of it. The layout is that of a bail-out wrapper as teams run it: `Runs: N`, a
trigger, the matching lines with their numbers, then the last hundred lines as they were.
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
    """After a custom job was submitted."""
    return (
        "",
        f"✅ Job submitted to Vertex AI (Runs: {runs})",
        f"📊 Runner lifetime: {words(lifetime)}",
        "",
    )


def heartbeat_line(runs: int, lifetime: float, idle: float) -> str:
    """Every five minutes."""
    return f"💓 Agent alive, Runs: {runs}, lifetime {words(lifetime)}, idle {words(idle)}"


def bail_out_lines(
    found: tuple[str, str], context: tuple[str, ...], runs: int, lifetime: float
) -> tuple[str, ...]:
    """When the wrapper saw a fatal error: `found` by `fatal_match` in the last lines, `context`."""
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
    """When the runner ends by itself."""
    return ("", f"✓ Idle for too long, runner completed {runs} runs", *_stats(runs, lifetime))


def words(seconds: float) -> str:
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
    """Return the most telling pattern that a line holds, and what the wrapper calls it; None when all is well."""
    return next(
        ((pattern, reason) for pattern, reason in FATAL_CLASSES if any(pattern in line for line in lines)),
        None,
    )


def _stats(runs: int, lifetime: float) -> tuple[str, ...]:
    return ("📊 Final runner stats:", f"   • Runs: {runs}", f"   • Lifetime: {words(lifetime)}")
