"""Slack's error words, turned into ours."""

from __future__ import annotations

import asyncio
import re

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import Problem, ProblemKind, ServiceError
from bot.ports import NotInvited

SYSTEM = "Slack"

# Words with which Slack says that the bot may not post; a private channel answers as if it were not there.
# https://docs.slack.dev/reference/methods/chat.postMessage#errors
NOT_INVITED = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
    }
)
PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "rollup_error"}
)
DENIED = frozenset({"missing_scope", "not_allowed_token_type", "no_permission", "ekm_access_denied"})
UNAUTHENTICATED = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired"}
)
NOT_FOUND = frozenset({"message_not_found", "user_not_found", "file_not_found", "thread_not_found"})

_UNSUPPORTED = re.compile(r"unsupported type: ([a-z_]+)")


class BlocksRefused(Exception):  # noqa: N818 - the workspace is older, which is no error of ours
    """The workspace refused these block types by name; `types` holds them."""

    def __init__(self, types: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(types)))
        self.types = types


def slack_failure(error: Exception) -> Exception:
    """The exception of ours that an exception of the SDK means: NotInvited, BlocksRefused or ServiceError."""
    if isinstance(error, SlackApiError):
        return _api_failure(error)
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return ServiceError(Problem(ProblemKind.TIMED_OUT, SYSTEM, "did not answer in time"))
    unsent = isinstance(error, aiohttp.ClientConnectorError)
    if isinstance(error, aiohttp.ClientError | SlackClientError | OSError):
        return ServiceError(
            Problem(ProblemKind.UNAVAILABLE, SYSTEM, "could not be reached", effectless=unsent)
        )
    return ServiceError(Problem(ProblemKind.UNKNOWN, SYSTEM, type(error).__name__))


def _api_failure(error: SlackApiError) -> Exception:
    response = error.response
    status = getattr(response, "status_code", 200)
    word = str(response.get("error", "")) if hasattr(response, "get") else ""
    if status == 429 or word in ("ratelimited", "rate_limited"):  # noqa: PLR2004 - HTTP's "too many requests"
        return _limited(error)
    if word in NOT_INVITED:
        return NotInvited(word)
    if word in ("invalid_blocks", "invalid_attachments"):
        return _blocks_failure(error, word)
    return ServiceError(Problem(_kind(word, status), SYSTEM, word or f"HTTP {status}", effectless=bool(word)))


def _limited(error: SlackApiError) -> ServiceError:
    headers = getattr(error.response, "headers", {}) or {}
    value = headers.get("Retry-After", headers.get("retry-after", "1"))
    seconds = float(value[0] if isinstance(value, list) else value)
    problem = Problem(
        ProblemKind.EXHAUSTED, SYSTEM, "asks us to slow down", retry_after=seconds, effectless=True
    )
    return ServiceError(problem)


def _blocks_failure(error: SlackApiError, word: str) -> Exception:
    metadata = error.response.get("response_metadata") or {}
    said = " ".join(map(str, metadata.get("messages", ())))
    refused = frozenset(_UNSUPPORTED.findall(said))
    if refused:
        return BlocksRefused(refused)
    return ServiceError(Problem(ProblemKind.INVALID, SYSTEM, f"{word} {said}".strip(), effectless=True))


def _kind(word: str, status: int) -> ProblemKind:
    if word in PASSING or status >= 500:  # noqa: PLR2004 - HTTP's server errors
        return ProblemKind.UNAVAILABLE
    if word in DENIED:
        return ProblemKind.DENIED
    if word in UNAUTHENTICATED:
        return ProblemKind.UNAUTHENTICATED
    if word in NOT_FOUND:
        return ProblemKind.NOT_FOUND
    return ProblemKind.INVALID
