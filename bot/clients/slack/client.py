"""Async wrapper of Slack's Web API: messages, ephemeral messages, files and views."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from aiolimiter import AsyncLimiter
from slack_sdk.web.async_client import AsyncWebClient

from bot.clients.slack.errors import SYSTEM, slack_failure
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.models.launch import MessageRef
from bot.models.workspace import Workspace

T = TypeVar("T")
Blocks = Sequence[dict[str, Any]]

METADATA_EVENT = "launch_control"
# Limits of the search for our own message: the messages since a time, even in a busy channel.
PAGE, MAX_PAGES = 200, 10
# A snippet may hold 1 MB: https://docs.slack.dev/reference/methods/files.getUploadURLExternal
MAX_SNIPPET_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An outgoing message; `tags` become its metadata, which any member can read: no secrets."""

    text: str
    blocks: Blocks
    tags: Mapping[str, str] | None = None


class SlackClient:
    """Async wrapper of Slack's Web API for one workspace; posts are paced per channel.

    Every method raises ServiceError when Slack fails (MessageRefused when it rejects a message's content),
    NotInvited where the bot may not post, and BlocksRefused when the workspace does not support a block type.
    """

    def __init__(self, web: AsyncWebClient, *, posts_per_second: float, post_burst: int) -> None:
        self._web = web
        self._burst = post_burst
        self._period = post_burst / posts_per_second
        self._paces: dict[str, AsyncLimiter] = {}

    async def post(self, channel: str, message: Outgoing, *, thread_ts: str = "") -> MessageRef:
        """Post a message once and return its location; paced to about one message per second and channel.

        https://docs.slack.dev/reference/methods/chat.postMessage (special tier)
        """
        pace = self._paces.setdefault(channel, AsyncLimiter(self._burst, self._period))
        await pace.acquire()
        answer = await _call(
            lambda: self._web.chat_postMessage(
                channel=channel,
                text=message.text,
                blocks=list(message.blocks),
                thread_ts=thread_ts or None,
                metadata=_metadata(message.tags),
                unfurl_links=False,
                unfurl_media=False,
            )
        )
        return MessageRef(channel=str(answer["channel"]), ts=str(answer["ts"]))

    async def update(self, channel: str, ts: str, message: Outgoing) -> None:
        """Replace the content of one of the bot's messages; its metadata does not change."""
        await _call(
            lambda: self._web.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=list(message.blocks)
            )
        )

    async def post_ephemeral(
        self, channel: str, user: str, message: Outgoing, *, thread_ts: str = ""
    ) -> None:
        """Post an ephemeral message to one user; Slack does not guarantee delivery."""
        await _call(
            lambda: self._web.chat_postEphemeral(
                channel=channel,
                user=user,
                text=message.text,
                blocks=list(message.blocks) or None,
                thread_ts=thread_ts or None,
            )
        )

    async def permalink(self, channel: str, ts: str) -> str:
        """Return the permalink of a message."""
        answer = await _call(lambda: self._web.chat_getPermalink(channel=channel, message_ts=ts))
        return str(answer["permalink"])

    async def upload(
        self, channel: str, thread_ts: str, *, filename: str, title: str, content: str, comment: str = ""
    ) -> None:
        """Upload a text file into a thread; of more than a megabyte only the end is kept."""
        data = content.encode()[-MAX_SNIPPET_BYTES:].decode(errors="ignore")
        await _call(
            lambda: self._web.files_upload_v2(
                channel=channel,
                thread_ts=thread_ts,
                filename=filename,
                title=title,
                content=data or " ",
                initial_comment=comment or None,
            )
        )

    async def upload_picture(
        self, channel: str, thread_ts: str, *, filename: str, title: str, picture: bytes, alt: str
    ) -> None:
        """Upload an image into a thread; `alt` is its alternative text."""
        await _call(
            lambda: self._web.files_upload_v2(
                channel=channel,
                thread_ts=thread_ts,
                filename=filename,
                title=title,
                file=picture,
                alt_txt=alt,
            )
        )

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Publish a user's App Home tab."""
        await _call(lambda: self._web.views_publish(user_id=user, view=dict(view)))

    async def find(
        self, channel: str, *, tags: Mapping[str, str], oldest: str, thread_ts: str = ""
    ) -> MessageRef | None:
        """Return the location of the bot's message with these tags since `oldest`, in a channel or thread.

        Return None when there is none. Raise ServiceError (DENIED) or NotInvited where the bot may not read.
        """
        cursor = ""
        for _ in range(MAX_PAGES):
            answer = await _call(functools.partial(self._history, channel, oldest, thread_ts, cursor))
            for message in answer.get("messages", []):
                if _is_tagged(message, tags):
                    return MessageRef(channel=channel, ts=str(message["ts"]))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    async def whoami(self) -> tuple[Workspace, str]:
        """Return the workspace of the token and the bot's name.

        Raise ServiceError (INVALID) for an org-wide token of Enterprise Grid, which names no workspace.
        https://docs.slack.dev/reference/methods/auth.test
        """
        answer = await _call(self._web.auth_test)
        team_id, enterprise_id = answer.get("team_id") or "", answer.get("enterprise_id") or ""
        if answer.get("is_enterprise_install") or not team_id or team_id == enterprise_id:
            text = "its token belongs to a whole organisation, but the bot serves one workspace"
            raise ServiceError(Problem(ProblemKind.INVALID, SYSTEM, text, effectless=True))
        return Workspace(str(team_id), str(enterprise_id)), str(answer["user"])

    def _history(self, channel: str, oldest: str, thread_ts: str, cursor: str) -> Awaitable[Any]:
        arguments: dict[str, Any] = {"oldest": oldest, "include_all_metadata": True, "limit": PAGE}
        if cursor:
            arguments["cursor"] = cursor
        if thread_ts:
            return self._web.conversations_replies(channel=channel, ts=thread_ts, **arguments)
        return self._web.conversations_history(channel=channel, **arguments)


def _is_tagged(message: Mapping[str, Any], tags: Mapping[str, str]) -> bool:
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    return metadata.get("event_type") == METADATA_EVENT and all(
        payload.get(key) == value for key, value in tags.items()
    )


def _metadata(tags: Mapping[str, str] | None) -> dict[str, Any] | None:
    return {"event_type": METADATA_EVENT, "event_payload": dict(tags)} if tags else None


async def _call(call: Callable[[], Awaitable[T]]) -> T:
    try:
        return await call()
    except Exception as error:  # the SDK's exceptions are translated here
        raise slack_failure(error) from error
