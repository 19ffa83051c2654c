"""Cloud Logging client with a shared rate limit of reads."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from bot.clients.google.channels import GoogleTransport
from bot.clients.google.errors import translate_errors
from bot.clients.google.log_filters import EXECUTION_LABEL, LONGEST_FILTER, explorer_url, filter_of
from bot.clients.google.methods import LIST_LOG_ENTRIES
from bot.clients.google.protobuf import time_in
from bot.clients.google.rate_limit import RateLimiter
from bot.clients.google.retry import with_retry
from bot.models.cloud import LogEntry
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.regions import NO_REGION
from bot.ports import LogPage, LogScope
from bot.settings import Timing

# https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#LogSeverity
_SEVERITIES: dict[int, str] = {
    0: "DEFAULT",
    100: "DEBUG",
    200: "INFO",
    300: "NOTICE",
    400: "WARNING",
    500: "ERROR",
    600: "CRITICAL",
    700: "ALERT",
    800: "EMERGENCY",
}
# Above this a float cannot represent every integer.
_EXACT = 2**53
_EPOCH = datetime.fromtimestamp(0, UTC)


def entry_of(message: Any) -> LogEntry:
    """Convert a log entry; its text is not redacted."""
    return LogEntry(
        insert_id=message.insert_id,
        at=time_in(message, "timestamp") or time_in(message, "receive_timestamp") or _EPOCH,
        severity=_SEVERITIES.get(message.severity, "DEFAULT"),
        text=_text(message),
        owner=_owner(message),
    )


def _owner(message: Any) -> str:
    if EXECUTION_LABEL in message.labels:
        return str(message.labels[EXECUTION_LABEL])
    labels = message.resource.labels
    return next((str(labels[key]) for key in ("job_id", "build_id") if key in labels), "")


def _text(message: Any) -> str:
    payload = message.WhichOneof("payload")
    if payload == "text_payload":
        return str(message.text_payload)
    if payload == "json_payload":
        return _of_json(message.json_payload)
    if payload == "proto_payload":
        return _of_proto(message.proto_payload)
    return ""


def _of_json(struct: Any) -> str:
    """Return the text field `message`, or the whole payload as compact JSON."""
    fields = struct.fields
    if "message" in fields and fields["message"].WhichOneof("kind") == "string_value":
        return str(fields["message"].string_value)
    return _compact(struct)


def _of_proto(packed: Any) -> str:
    """Return an audit log's status message, or the payload as JSON, or the name of its type."""
    from google.cloud.audit import audit_log_pb2  # noqa: PLC0415 - heavy, and rarely needed

    audit = audit_log_pb2.AuditLog()
    if packed.Is(audit.DESCRIPTOR):
        packed.Unpack(audit)
        return audit.status.message or _compact(audit)
    try:
        return _compact(packed)
    except TypeError:
        # The message type is not registered in this process.
        return f"[{packed.TypeName()}]"


def _compact(message: Any) -> str:
    from google.protobuf.json_format import MessageToJson  # noqa: PLC0415 - as above

    fields = json.loads(MessageToJson(message), parse_float=_number)
    # A struct has no key order; sorted keys make the text of an entry deterministic.
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _number(text: str) -> float:
    """Convert a JSON number: a struct stores all numbers as floats, integers become int again."""
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


_SYSTEM = LIST_LOG_ENTRIES.api.system
_PAGE = 1000
# Google's quota per project, which cannot be raised: https://docs.cloud.google.com/logging/quotas
_QUOTA = 60
_BURST = 5.0


def log_budget(reads_per_minute: float) -> RateLimiter:
    """Return the rate limiter of one project's log reads."""
    # The burst is added to the rate; together they stay within the quota.
    return RateLimiter(per_minute=reads_per_minute, burst=max(1.0, min(_BURST, _QUOTA - reads_per_minute)))


class CloudLogging:
    """Implements `bot.ports.Logs`."""

    def __init__(self, transport: GoogleTransport, timing: Timing, budget: RateLimiter) -> None:
        self._pause = timing.retry
        self._transport = transport
        self._budget = budget

    async def read(
        self, scope: LogScope, *, newest_first: bool, limit: int, cursor: str = "", deadline: float
    ) -> LogPage:
        """Read at most 1,000 entries. An empty page may have a cursor: the search is not finished.

        Entries with equal timestamps are ordered by insert id in both directions. Raise ServiceError with
        EXHAUSTED when the rate limiter allows no read within `deadline` seconds.
        """
        text = filter_of(scope)
        if not scope.owners:
            return LogPage(())
        if len(text) > LONGEST_FILTER:
            sentence = f"the filter has {len(text)} characters; {LONGEST_FILTER} are allowed"
            raise ServiceError(Problem(ProblemKind.INVALID, _SYSTEM, sentence, NO_REGION, effectless=True))
        request = {
            "resource_names": [f"projects/{self._transport.project}"],
            "filter": text,
            "order_by": "timestamp desc" if newest_first else "timestamp asc",
            "page_size": max(1, min(limit, _PAGE)),
            "page_token": cursor,
        }
        until = asyncio.get_running_loop().time() + deadline
        async with translate_errors(_SYSTEM, NO_REGION, deadline):
            return await with_retry(
                lambda: self._read_once(request, until), first_pause=self._pause, until=until
            )

    def console_url(self, scope: LogScope) -> str:
        """Return a link to the Logs Explorer that opens on this scope."""
        return explorer_url(scope, project=self._transport.project)

    async def _read_once(self, request: dict[str, Any], until: float) -> LogPage:
        """Send one request; each attempt consumes one unit of the rate limit."""
        await self._spend(until)
        left = until - asyncio.get_running_loop().time()
        page = await self._transport.ask(LIST_LOG_ENTRIES, NO_REGION, request, timeout=max(left, 0))
        return LogPage(tuple(entry_of(entry) for entry in page.entries), page.next_page_token)

    async def _spend(self, until: float) -> None:
        now = asyncio.get_running_loop().time()
        wait = self._budget.take(now, within=until - now)
        if now + wait >= until:
            sentence = f"our own budget of {self._budget.per_minute:g} log reads a minute is spent"
            raise ServiceError(
                Problem(
                    ProblemKind.EXHAUSTED, _SYSTEM, sentence, NO_REGION, retry_after=wait, effectless=True
                )
            )
        await asyncio.sleep(wait)
