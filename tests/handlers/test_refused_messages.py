"""A message that Slack refuses because of what it holds arrives as text; others stay refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from bed import bot_on, said
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from structlog.testing import capture_logs

from bot.clients.slack import SlackClient, answer_refusal
from bot.clients.slack.errors import slack_failure
from bot.models.errors import ProblemKind, ServiceError
from bot.ports import NotInvited
from bot.runtime.clock import SystemClock
from bot.sandbox.slack import ALICE, SlackWorkspace
from bot.store import Store, open_store
from formatting.message import Message
from formatting.slack import action_ids
from formatting.slack.blocks import section
from handlers.slack.ephemeral import respond_ephemeral
from handlers.slack.poster import MessagePoster

CHANNEL = "C0TRAINING"
# https://docs.slack.dev/reference/methods/chat.postMessage#errors, and one that Slack has not invented yet.
OF_THE_MESSAGE = (
    "invalid_blocks",
    "invalid_blocks_format",
    "msg_blocks_too_long",
    "msg_too_long",
    "invalid_attachments",
    "too_many_attachments",
    "attachment_payload_limit_exceeded",
    "block_mismatch",
    "blocks_of_the_wrong_colour",
)
OF_SOMETHING_ELSE = (
    *("invalid_auth", "token_revoked", "account_inactive", "missing_scope", "no_permission"),
    *("not_in_channel", "channel_not_found", "is_archived", "restricted_action"),
    *("restricted_action_thread_locked", "cant_update_message", "cannot_reply_to_message"),
    *("rate_limited", "message_limit_exceeded", "internal_error", "service_unavailable"),
    *("message_not_found", "thread_not_found", "user_not_found"),
)
TABLE = {
    "type": "table",
    "rows": [[{"type": "raw_text", "text": "job"}], [{"type": "raw_text", "text": "1"}]],
}
MESSAGE = Message(text="*Jobs*: one runs.", blocks=(section("*Jobs*"), TABLE))


@dataclass(frozen=True, slots=True)
class Parts:
    """A speaker in a workspace, and what it remembers of it."""

    slack: SlackWorkspace
    poster: MessagePoster
    store: Store
    ts: str  # a message that can be edited

    def shown(self) -> list[bool]:
        """Of every message that says what MESSAGE says, whether it has blocks."""
        seen = [*self.slack.messages(CHANNEL), *self.slack.ephemerals("alice")]
        return ["blocks" in one.body for one in seen if one.body["text"] == MESSAGE.text]

    async def refused_types(self) -> frozenset[str]:
        return await self.store.workspaces.refused_blocks("T0", SystemClock().now())


@pytest.fixture
async def parts(tmp_path: Path) -> AsyncIterator[Parts]:
    async with SlackWorkspace() as slack:
        store = await open_store(f"sqlite:///{tmp_path}/store.db", SystemClock())
        web = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url)
        client = SlackClient(web, posts_per_second=100, post_burst=100)
        poster = MessagePoster(client, store.workspaces, SystemClock(), team_id="T0", refusal_hours=1)
        first = await poster.post(CHANNEL, Message("first", ()))
        yield Parts(slack, poster, store, first.ts)
        await store.close()


Send = Callable[[Parts, Message], Awaitable[object]]
DOORS: dict[str, Send] = {
    "chat.postMessage": lambda parts, message: parts.poster.post(CHANNEL, message),
    "chat.update": lambda parts, message: parts.poster.update(CHANNEL, parts.ts, message),
    "chat.postEphemeral": lambda parts, message: parts.poster.post_ephemeral(CHANNEL, ALICE.id, message),
}


def _calls(parts: Parts, method: str) -> Iterator[tuple[str, bool]]:
    """The answers to a method's calls that said what MESSAGE says, and whether they held blocks."""
    for call in parts.slack.traffic.of(method):
        if call.arguments.get("text") == MESSAGE.text:
            yield call.error, bool(call.arguments.get("blocks") not in (None, [], "[]"))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", OF_THE_MESSAGE)
async def test_a_refused_message_is_sent_once_more_as_text(parts: Parts, code: str, door: str) -> None:
    """Words without looks are worth more than no words; the next message is shown in full again."""
    parts.slack.set_faults(refusals={door: [code]})
    await DOORS[door](parts, MESSAGE)
    calls, shown, refused = list(_calls(parts, door)), parts.shown(), await parts.refused_types()
    await DOORS[door](parts, MESSAGE)

    assert [(code, True), ("", False)] == calls
    assert [False] == shown
    assert frozenset() == refused
    assert ("", True) == list(_calls(parts, door))[-1]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("code", OF_SOMETHING_ELSE)
async def test_another_refusal_is_not_answered_with_text(parts: Parts, code: str, door: str) -> None:
    """Where the bot may not speak, or Slack is away, the same words without blocks change nothing."""
    parts.slack.set_faults(refusals={door: [code]})
    with pytest.raises((ServiceError, NotInvited)):
        await DOORS[door](parts, MESSAGE)

    assert [(code, True)] == list(_calls(parts, door))


@pytest.mark.parametrize("door", DOORS)
async def test_text_that_is_refused_too_is_not_sent_for_ever(parts: Parts, door: str) -> None:
    """Once more is once: then the caller hears of it."""
    parts.slack.set_faults(refusals={door: ["msg_blocks_too_long", "msg_too_long", "msg_too_long"]})
    with pytest.raises(ServiceError) as told:
        await DOORS[door](parts, MESSAGE)

    assert ProblemKind.INVALID is told.value.problem.kind
    assert [("msg_blocks_too_long", True), ("msg_too_long", False)] == list(_calls(parts, door))


async def test_a_message_that_slack_itself_finds_too_long_arrives(parts: Parts) -> None:
    """No list of words: the stand-in counts the characters of all blocks, as Slack does."""
    long = Message(text=MESSAGE.text, blocks=tuple(section("x" * 2_900) for _ in range(5)))
    with capture_logs() as logs:
        await parts.poster.post(CHANNEL, long)

    assert [("msg_blocks_too_long", True), ("", False)] == list(_calls(parts, "chat.postMessage"))
    assert ["Slack refused a message's blocks"] == [entry["event"] for entry in logs]


async def test_only_a_type_that_stands_in_the_message_itself_is_remembered(parts: Parts) -> None:
    """A kind of cell that the workspace does not know says nothing of its tables: they are not given up."""
    odd = {"type": "table", "rows": [[{"type": "raw_colour", "text": "red"}]]}
    await parts.poster.post(CHANNEL, Message(MESSAGE.text, (odd,)))
    cell = await parts.refused_types()
    parts.slack.set_faults(refuse_blocks=["table"])
    await parts.poster.post(CHANNEL, MESSAGE)

    assert (frozenset(), frozenset({"table"})) == (cell, await parts.refused_types())
    assert [False, True] == parts.shown()


def _respond(parts: Parts) -> AsyncRespond:
    key = parts.slack.world.response_urls.mint(CHANNEL, ALICE.id).key
    return AsyncRespond(response_url=f"{parts.slack.url}actions/T0/{key}")


@pytest.mark.parametrize("code", OF_THE_MESSAGE)
async def test_a_private_answer_that_is_refused_comes_as_text(parts: Parts, code: str) -> None:
    """`respond` raises nothing when Slack refuses: without a look at its answer a press stays unanswered."""
    parts.slack.set_faults(block_refusal=code)
    await respond_ephemeral(_respond(parts), MESSAGE)

    assert [False] == parts.shown()


@pytest.mark.parametrize("code", [*OF_SOMETHING_ELSE, "used_url", "expired_url"])
async def test_a_private_answer_that_cannot_be_given_is_logged(parts: Parts, code: str) -> None:
    """A response URL that is used up takes text as little as blocks."""
    parts.slack.set_faults(block_refusal=code)
    with capture_logs() as logs:
        await respond_ephemeral(_respond(parts), MESSAGE)

    assert [] == parts.shown()
    assert ["an ephemeral reply was not shown"] == [entry["event"] for entry in logs]
    assert code in logs[0]["reason"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, "ok", None),
        (200, "", None),
        (200, '{"ok":true}', None),
        (200, '{"ok":false,"error":"invalid_blocks"}', ProblemKind.INVALID),
        (400, "invalid_blocks", ProblemKind.INVALID),
        (404, '{"ok":false,"error":"used_url"}', ProblemKind.NOT_FOUND),
        (500, "rollup_error", ProblemKind.UNAVAILABLE),
        (502, "<html>Bad gateway</html>", ProblemKind.UNAVAILABLE),
        (200, '{"ok":false}', ProblemKind.INVALID),
        (200, "<html>Sign in</html>", ProblemKind.INVALID),
    ],
)
def test_answers_of_a_response_url_are_understood(status: int, body: str, kind: ProblemKind | None) -> None:
    """The word comes alone or in an object, and not always with an error's status."""
    refusal = answer_refusal(status, body)

    assert kind == (refusal.problem.kind if refusal else None)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ({"error": "ratelimited"}, {"Retry-After": "soon"}),
        ({"error": "ratelimited"}, {"Retry-After": []}),
        ({"error": "invalid_blocks", "response_metadata": {"messages": None}}, {}),
        ({"error": "invalid_blocks", "response_metadata": []}, {}),
    ],
)
def test_an_error_of_an_unknown_form_is_still_an_error_of_slack(body: Any, headers: Any) -> None:
    """A proxy or a new version may answer so; the caller expects no other exception."""
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=body, headers=headers, status_code=200
    )

    assert isinstance(slack_failure(SlackApiError("refused", response)), ServiceError)


@pytest.mark.parametrize(
    "code", ["invalid_blocks", "msg_blocks_too_long", "invalid_attachments", "blocks_of_the_wrong_colour"]
)
async def test_a_workspace_that_refuses_every_block_is_told_everything_in_words(code: str) -> None:
    """Thread, card, closing reply and private answer: `/monitor` once ended after its header."""
    async with bot_on() as bed:
        bed.slack.set_faults(block_refusal=code)
        await bed.type("/monitor")
        await bed.until(lambda: bed.slack.messages("#training"))
        await bed.finished(6)
        (parent,) = [one for one in bed.slack.messages("#training") if not one.is_reply]
        tables = bed.slack.thread("#training", parent.ts)
        await bed.type("/launch")
        await bed.settled("succeeded")
        card = next(one for one in bed.slack.messages("#training")[7:] if not one.is_reply)
        await bed.until(lambda: len(bed.slack.thread("#training", card.ts)) > 1)
        told = bed.slack.thread("#training", card.ts)
        (launch,) = await bed.launches()
        payload = bed.press_payload(card, action_ids.LAUNCH_CANCEL, launch.launch_id)
        await bed.deliver("interactive", payload)
        await bed.until(bed.notes)
        seen = [*tables, *told, *bed.slack.ephemerals("alice")]
        bed.slack.set_faults(block_refusal="")
        await bed.type("/monitor runs")
        await bed.until(lambda: '"type": "table"' in said(bed.slack.messages("#training")[-1]))

        assert ["blocks" in one.body for one in seen] == [False] * len(seen)
        assert 7 == len(tables)
        assert "out of GPU memory" in "".join(map(said, tables))
        assert "Succeeded" in said(told[0])
        assert "<@U0ALICE>" in said(told[1])
        assert "has ended already" in bed.notes()[0]
