"""What a runner's image prints around the agent: its start, its count of runs, its bail-out, its end."""

from __future__ import annotations

RULE = "=" * 64


def start_lines(idle_minutes: int) -> tuple[str, ...]:
    """The first lines of an attempt."""
    return (
        "Starting the W&B Launch agent in its wrapper",
        f"Idle exit after {idle_minutes} min, watching for fatal errors",
        "Runs: 0",
    )


def submitted_lines(runs: int, lifetime: float) -> tuple[str, ...]:
    """After a custom job was submitted."""
    return (
        f"Job submitted to Vertex AI (Runs: {runs})",
        f"Runner lifetime: {words(lifetime)}, idle timer reset",
    )


def heartbeat_line(runs: int, lifetime: float, idle: float) -> str:
    """Every five minutes."""
    return f"Heartbeat: agent alive, Runs: {runs}, lifetime {words(lifetime)}, idle {words(idle)}"


def bail_out_lines(
    found: tuple[str, str], context: tuple[str, ...], runs: int, lifetime: float
) -> tuple[str, ...]:
    """When the wrapper saw a fatal error: `found` by `fatal_match`, and the last lines, matches marked."""
    pattern, reason = found
    return (
        "",
        f"FATAL ERROR DETECTED: {reason}",
        RULE,
        f"Bail-out context: the last {len(context)} lines, those with {pattern!r} marked >>>",
        RULE,
        *(f">>> {line}" if pattern in line else f"    {line}" for line in context),
        RULE,
        "Killing the agent: waiting does not mend this",
        f"Final stats: Runs: {runs}, lifetime {words(lifetime)}",
    )


def idle_lines(runs: int, lifetime: float) -> tuple[str, ...]:
    """When the runner ends by itself."""
    return (
        f"Idle for too long, ending the agent. Completed: {runs} jobs",
        f"Runs: {runs}",
        f"Runner lifetime: {words(lifetime)}",
    )


def words(seconds: float) -> str:
    """A span of time, such as "1h 4m 9s"."""
    whole = int(seconds)
    hours, minutes = whole // 3_600, whole // 60 % 60
    return f"{hours}h {minutes}m {whole % 60}s" if hours else f"{minutes}m {whole % 60}s"


FATAL_CLASSES: tuple[tuple[str, str], ...] = (
    ("Machine type", "machine type not supported"),
    ("Quota", "quota exceeded"),
    ("quota", "quota exceeded"),
    ("PermissionDenied", "permission denied (403)"),
    ("NotFound", "not found (404)"),
    ("InvalidArgument", "invalid argument (400)"),
    ("Traceback (most recent call last)", "Python traceback"),
)


def fatal_match(lines: tuple[str, ...]) -> tuple[str, str] | None:
    """The most telling pattern that a line holds, and what the wrapper calls it; None when all is well."""
    return next(
        ((pattern, reason) for pattern, reason in FATAL_CLASSES if any(pattern in line for line in lines)),
        None,
    )
