"""Translates Slack's error codes into exceptions of this project."""

from __future__ import annotations

import asyncio
import json
import re

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import NotInvited
from bot.redaction import safe

SYSTEM = "Slack"

# Error codes that mean the bot may not post; Slack reports a private channel as not found.
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
RATE_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
DENIED = frozenset(
    {
        "missing_scope",
        "not_allowed_token_type",
        "no_permission",
        "ekm_access_denied",
        "access_denied",
        "accesslimited",
        "app_access_restricted",
        "team_access_not_granted",
        "enterprise_is_restricted",
    }
)
UNAUTHENTICATED = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "org_login_required",
        "two_factor_setup_required",
    }
)
NOT_FOUND = frozenset(
    {
        "message_not_found",
        "user_not_found",
        "file_not_found",
        "thread_not_found",
        "team_not_found",
        "invalid_thread_ts",
        # Codes of response URLs: https://docs.slack.dev/interactivity/handling-user-interaction
        "no_service",
        "used_url",
        "expired_url",
    }
)
# Codes for channels, threads or messages that accept no posts or edits, at least from the bot.
CLOSED = frozenset(
    {
        "restricted_action_thread_only_channel",
        "restricted_action_non_threadable_channel",
        "restricted_action_thread_locked",
        "messages_tab_disabled",
        "cannot_reply_to_message",
        "user_not_in_channel",
        "cant_update_message",
        "edit_window_closed",
    }
)
# After any other code the content of the message may be the cause, and its plain text may be accepted.
NOT_THE_MESSAGE = NOT_INVITED | PASSING | RATE_LIMITED | DENIED | UNAUTHENTICATED | NOT_FOUND | CLOSED

HTTP_OK, HTTP_BAD_REQUEST, HTTP_SERVER_ERROR = 200, 400, 500

_WORD = re.compile(r"[a-z0-9_]{1,80}")
# Bytes of Slack's text that are redacted, and characters that are shown.
_READ, _SHOWN = 12_000, 500
_UNSUPPORTED = re.compile(r"unsupported type: ([a-z_]+)")


class BlocksRefused(Exception):  # noqa: N818 - a state of the workspace, not a defect
    """The workspace does not support the block types in `types`."""

    def __init__(self, types: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(types)))
        self.types = types


class MessageRefused(ServiceError):  # noqa: N818 - as BlocksRefused
    """Slack rejected the content of a message: its blocks, its size or something unknown.

    The same text without blocks may be accepted. The kind of its problem is INVALID.
    """


def slack_failure(error: Exception) -> Exception:
    """Return the exception for an SDK exception: NotInvited, BlocksRefused or ServiceError."""
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
    if status == 429 or word in RATE_LIMITED:  # noqa: PLR2004 - HTTP's "too many requests"
        return _limited(error)
    if word in NOT_INVITED:
        return NotInvited(word)
    if word in ("invalid_blocks", "invalid_attachments"):
        return _blocks_failure(error, word)
    return _failure(word, status)


def answer_refusal(status: int, body: str) -> ServiceError | None:
    """Return the error in a response URL's reply; None when Slack accepted the message.

    The reply is "ok", or a code such as "invalid_blocks", as text or as the field `error` of an object.
    https://docs.slack.dev/interactivity/handling-user-interaction#message_responses
    """
    word = _answer_word(body)
    if status == HTTP_OK and word == "ok":
        return None
    word = "" if word in ("ok", "unknown_reply") else word
    # The HTTP status of each code is not documented, so the code decides.
    return _failure(word, HTTP_BAD_REQUEST if word else status)


def _answer_word(body: str) -> str:
    """Return the code of a reply, "ok" for success, "unknown_reply" for what is neither."""
    try:
        value = json.loads(body)
    except ValueError:
        text = body.strip()
        return text if _WORD.fullmatch(text) else "unknown_reply" if text else "ok"
    if isinstance(value, dict) and value.get("ok") is not True:
        return str(value.get("error") or "unknown_reply")
    return "ok"


def _failure(word: str, status: int) -> ServiceError:
    of_message = word not in NOT_THE_MESSAGE if word else status == HTTP_BAD_REQUEST
    made = MessageRefused if of_message and status < HTTP_SERVER_ERROR else ServiceError
    return made(Problem(_kind(word, status), SYSTEM, word or f"HTTP {status}", effectless=bool(word)))


def _limited(error: SlackApiError) -> ServiceError:
    headers = getattr(error.response, "headers", {}) or {}
    value = headers.get("Retry-After", headers.get("retry-after", ""))
    seconds = re.fullmatch(
        r"\d{1,5}(\.\d{1,9})?", str(value[0] if isinstance(value, list) and value else value)
    )
    problem = Problem(
        ProblemKind.EXHAUSTED,
        SYSTEM,
        "asks us to slow down",
        retry_after=float(seconds.group()) if seconds else 1.0,
        effectless=True,
    )
    return ServiceError(problem)


def _blocks_failure(error: SlackApiError, word: str) -> Exception:
    metadata = error.response.get("response_metadata")
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    details = " ".join(map(str, messages)) if isinstance(messages, list) else ""
    refused = frozenset(_UNSUPPORTED.findall(details))
    if refused:
        return BlocksRefused(refused)
    return MessageRefused(
        Problem(ProblemKind.INVALID, SYSTEM, _sentence(f"{word} {details}"), effectless=True)
    )


def _sentence(text: str) -> str:
    return safe(text.strip(), most=_READ)[:_SHOWN]


def _kind(word: str, status: int) -> ProblemKind:
    if word in PASSING or status >= HTTP_SERVER_ERROR:
        return ProblemKind.UNAVAILABLE
    if word in DENIED:
        return ProblemKind.DENIED
    if word in UNAUTHENTICATED:
        return ProblemKind.UNAUTHENTICATED
    if word in NOT_FOUND:
        return ProblemKind.NOT_FOUND
    return ProblemKind.INVALID
