"""Translates Google's exceptions into `Problem`."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.redaction import safe

# https://grpc.io/docs/guides/status-codes/
_KINDS: dict[str, ProblemKind] = {
    "PERMISSION_DENIED": ProblemKind.DENIED,
    "UNAUTHENTICATED": ProblemKind.UNAUTHENTICATED,
    "NOT_FOUND": ProblemKind.NOT_FOUND,
    "RESOURCE_EXHAUSTED": ProblemKind.EXHAUSTED,
    "UNAVAILABLE": ProblemKind.UNAVAILABLE,
    "INTERNAL": ProblemKind.UNAVAILABLE,
    "ABORTED": ProblemKind.UNAVAILABLE,
    "CANCELLED": ProblemKind.UNAVAILABLE,
    "DEADLINE_EXCEEDED": ProblemKind.TIMED_OUT,
    "INVALID_ARGUMENT": ProblemKind.INVALID,
    "FAILED_PRECONDITION": ProblemKind.INVALID,
    "OUT_OF_RANGE": ProblemKind.INVALID,
    "ALREADY_EXISTS": ProblemKind.INVALID,
    "UNIMPLEMENTED": ProblemKind.INVALID,
}
# The server evaluated the request and refused it, without effect.
_REFUSALS = frozenset(
    {
        ProblemKind.DENIED,
        ProblemKind.UNAUTHENTICATED,
        ProblemKind.API_DISABLED,
        ProblemKind.NOT_FOUND,
        ProblemKind.EXHAUSTED,
        ProblemKind.INVALID,
    }
)
# gRPC messages for a call that never left this machine.
_NEVER_SENT = (
    "failed to connect to all addresses",
    "Getting metadata from plugin failed",
    "DNS resolution failed",
)
_PERMISSION = re.compile(r"['\"]([a-z]+(?:\.[a-zA-Z]+){2})['\"]")
# Characters of a message that are redacted and shown.
_READ, _SHOWN = 12_000, 500


def problem_of(error: BaseException, *, system: str, region: str) -> Problem | None:
    """Return the problem for an exception of Google's libraries, None for any other exception."""
    import grpc.aio  # noqa: PLC0415 - heavy, and loaded by whoever got here
    from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415 - as above

    if isinstance(error, grpc.aio.AioRpcError):
        # Google's exception class decodes the details of a status.
        from google.api_core.exceptions import from_grpc_error  # noqa: PLC0415 - as above

        return _of_call(from_grpc_error(error), system, region)  # type: ignore[no-untyped-call]  # Google's own code is untyped
    if isinstance(error, GoogleAuthError):
        reached = isinstance(error, TransportError)
        kind = ProblemKind.UNAVAILABLE if reached else ProblemKind.UNAUTHENTICATED
        return Problem(kind, system, _sentence(str(error)), region, effectless=True)
    return None


def is_own_deadline(problem: Problem) -> bool:
    """Whether gRPC's local deadline ended the call; gRPC reports it with this message."""
    return problem.kind is ProblemKind.TIMED_OUT and problem.message == "Deadline Exceeded"


def timed_out(system: str, region: str, deadline: float) -> Problem:
    """Return the problem for a call that did not end within `deadline` seconds."""
    return Problem(ProblemKind.TIMED_OUT, system, f"no answer within {deadline:g} s", region)


def _of_call(error: Any, system: str, region: str) -> Problem:
    text = str(error.message)
    kind = _kind(error, text)
    return Problem(
        kind=kind,
        system=system,
        message=_sentence(text),
        region=region,
        retry_after=_retry_after(error),
        missing=_missing(error, kind, text),
        effectless=kind in _REFUSALS or text.startswith(_NEVER_SENT),
    )


def _kind(error: Any, text: str) -> ProblemKind:
    status = error.grpc_status_code
    kind = _KINDS.get(status.name, ProblemKind.UNKNOWN) if status is not None else ProblemKind.UNKNOWN
    if kind is ProblemKind.DENIED and error.reason == "SERVICE_DISABLED":
        return ProblemKind.API_DISABLED
    if kind is ProblemKind.UNAVAILABLE and "RefreshError" in text:
        # gRPC reports a refused token refresh as UNAVAILABLE.
        return ProblemKind.UNAUTHENTICATED
    return kind


def _retry_after(error: Any) -> float | None:
    for detail in error.details:
        if type(detail).__name__ == "RetryInfo":
            return float(detail.retry_delay.seconds + detail.retry_delay.nanos / 1e9)
    return None


def _missing(error: Any, kind: ProblemKind, text: str) -> str:
    metadata = error.metadata or {}
    if kind is ProblemKind.API_DISABLED:
        return str(metadata.get("service", ""))
    if kind is not ProblemKind.DENIED:
        return ""
    if "permission" in metadata:
        return str(metadata["permission"])
    found = _PERMISSION.search(text)
    return found.group(1) if found else ""


def _sentence(text: str) -> str:
    # Redact before truncating: part of a key would not be recognised as one.
    return safe(text.strip(), most=_READ).strip()[:_SHOWN] or "no message"


def translate_errors(system: str, region: str, deadline: float) -> AbstractAsyncContextManager[None]:
    """Limit the block to `deadline` seconds, and raise ServiceError for every failure of Google's."""
    return _ErrorTranslation(system, region, deadline)


class _ErrorTranslation:
    """A class rather than a generator, which would cost twice as much: a scan enters it about 80 times."""

    __slots__ = ("_deadline", "_region", "_system", "_timeout")

    def __init__(self, system: str, region: str, deadline: float) -> None:
        self._system = system
        self._region = region
        self._deadline = deadline
        self._timeout = asyncio.timeout(deadline)

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._timeout.__aexit__(kind, error, trace)
        except TimeoutError as timeout:
            raise self._timeout_error() from timeout
        if isinstance(error, TimeoutError):
            raise self._timeout_error() from error
        if isinstance(error, Exception):
            problem = problem_of(error, system=self._system, region=self._region)
            if problem is not None:
                raise (
                    self._timeout_error() if is_own_deadline(problem) else ServiceError(problem)
                ) from error

    def _timeout_error(self) -> ServiceError:
        return ServiceError(timed_out(self._system, self._region, self._deadline))
