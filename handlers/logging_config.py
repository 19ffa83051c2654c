"""The bot's own log: readable in a terminal, JSON lines otherwise; launch and correlation ids, no secrets."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from bot.redaction import redact

# Libraries whose INFO lines say nothing that ours do not.
QUIET = ("slack_bolt", "slack_sdk", "aiohttp", "grpc", "google", "wandb", "alembic", "asyncio", "urllib3")

# Bytes of one text of the log: it is redacted where it is said, which may be the event loop.
_LONGEST = 16_384


def set_up_logging(*, level: int = logging.INFO) -> None:
    """Send our log, and the libraries' warnings, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A traceback becomes text first, so that it is redacted like everything else.
    end: list[Any] = [structlog.processors.format_exc_info, _without_secrets]
    if sys.stderr.isatty():
        end.append(structlog.dev.ConsoleRenderer())
    else:
        end.append(structlog.processors.JSONRenderer(ensure_ascii=False))
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Redacts every text of an event, those inside tracebacks too."""
    return {key: _redacted(value) for key, value in event.items()}


def _redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _redacted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(inner) for inner in value]
    if value is None or isinstance(value, int | float):
        return value
    # Anything else is written as what it prints, an exception's message too.
    return redact(value if isinstance(value, str) else repr(value), most=_LONGEST)
