"""Logging setup: readable in a terminal, otherwise JSON lines; all values are redacted."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.redaction import redact

# Libraries whose INFO lines are not logged.
QUIET = ("slack_bolt", "slack_sdk", "aiohttp", "grpc", "google", "wandb", "alembic", "asyncio", "urllib3")

# Bytes of one logged text. Redaction may run in the event loop, so its input is limited.
_LONGEST = 16_384


def set_up_logging(*, level: int = logging.INFO) -> None:
    """Write the bot's log and the libraries' warnings to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks are formatted first, so that they are redacted too.
    final: list[Any] = [structlog.processors.format_exc_info, _redact_event]
    if sys.stderr.isatty():
        final.append(structlog.dev.ConsoleRenderer())
    else:
        final.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redact all texts of an event, including tracebacks."""
    return {key: _redact_value(value) for key, value in event.items()}


def _redact_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redact_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redact_value(inner) for inner in value]
    if value is None or isinstance(value, int | float):
        return value
    # Other values are logged as their repr, exceptions too.
    return redact(value if isinstance(value, str) else repr(value), most=_LONGEST)
