from __future__ import annotations

import aiohttp
from slack_parts import error_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, BOT_USER, SlackWorkspace

TRAINING = "C0TRAINING"


async def test_an_edit_keeps_metadata_and_folds_plans(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """Edits collapse plan blocks on the real platform, which is why a live card must not use one."""
    metadata = {"event_type": "launch", "event_payload": {"id": "abc12345"}}
    plan = [{"type": "plan", "title": "Steps", "tasks": [{"task_id": "1", "title": "x"}]}]
    posted = await client.chat_postMessage(channel=TRAINING, text="a", blocks=plan, metadata=metadata)
    message = workspace.messages("training")[0]
    unfolded = message.plans_collapsed
    await client.chat_update(channel=TRAINING, ts=posted["ts"], text="b", blocks=plan)

    assert (False, True) == (unfolded, message.plans_collapsed)
    assert metadata == message.body["metadata"]
    assert BOT_USER == message.body["edited"]["user"]

    await client.chat_update(channel=TRAINING, ts=posted["ts"], text="c", metadata={})

    assert "metadata" not in message.body
    assert "blocks" not in message.body


async def test_what_cannot_be_edited(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """Edits are stricter than posts: 4,000 characters, own messages, never an ephemeral one."""
    ts = (await client.chat_postMessage(channel=TRAINING, text="x" * 5_000))["ts"]
    private = (await client.chat_postEphemeral(channel=TRAINING, user=ALICE.id, text="x"))["message_ts"]
    await workspace.type_text("alice", "training", "mine")
    theirs = workspace.messages("training")[-1].ts

    assert "msg_too_long" == await error_of(client.chat_update(channel=TRAINING, ts=ts, text="x" * 4_001))
    assert "message_not_found" == await error_of(client.chat_update(channel=TRAINING, ts=private, text="x"))
    assert "message_not_found" == await error_of(
        client.chat_update(channel=TRAINING, ts="1.000000", text="x")
    )
    assert "cant_update_message" == await error_of(client.chat_update(channel=TRAINING, ts=theirs, text="x"))
    assert "cant_delete_message" == await error_of(client.chat_delete(channel=TRAINING, ts=theirs))
    assert "no_text" == await error_of(client.api_call("chat.update", json={"channel": TRAINING, "ts": ts}))


async def test_rich_text_is_not_replaced_by_other_blocks(client: AsyncWebClient) -> None:
    """block_mismatch: a card that once showed rich text must keep some."""
    rich = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "x"}]}],
    }
    ts = (await client.chat_postMessage(channel=TRAINING, text="x", blocks=[rich]))["ts"]
    plain = [{"type": "divider"}]

    assert "block_mismatch" == await error_of(
        client.chat_update(channel=TRAINING, ts=ts, text="x", blocks=plain)
    )
    assert (await client.chat_update(channel=TRAINING, ts=ts, text="x", blocks=[*plain, rich]))["ok"]


async def test_text_above_40000_is_cut_with_a_warning(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """Slack cuts silently but for a warning."""
    answer = await client.chat_postMessage(channel=TRAINING, text="x" * 40_001)

    assert ("message_truncated", 40_000) == (answer["warning"], len(answer["message"]["text"]))


async def test_ephemerals_reach_their_reader_only(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """What one person is told privately appears nowhere else, history included."""
    await client.chat_postEphemeral(channel=TRAINING, user=ALICE.id, text="psst")

    assert ["psst"] == [one.body["text"] for one in workspace.ephemerals("alice")]
    assert [] == workspace.ephemerals("bob")
    assert [] == (await client.conversations_history(channel=TRAINING))["messages"]
    assert "user_not_in_channel" == await error_of(
        client.chat_postEphemeral(channel=TRAINING, user="U404", text="x")
    )


async def test_threads_are_counted_and_read_back(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """A restarted bot finds its own reply by reading the thread with metadata."""
    parent = (await client.chat_postMessage(channel=TRAINING, text="card"))["ts"]
    metadata = {"event_type": "closing", "event_payload": {"launch": "abc12345"}}
    reply = await client.chat_postMessage(channel=TRAINING, text="done", thread_ts=parent, metadata=metadata)
    await client.chat_postMessage(channel=TRAINING, text="deeper", thread_ts=reply["ts"])

    thread = await client.conversations_replies(channel=TRAINING, ts=parent, include_all_metadata=True)
    history = await client.conversations_history(channel=TRAINING)

    assert ["card", "done", "deeper"] == [one["text"] for one in thread["messages"]]
    assert metadata == thread["messages"][1]["metadata"]
    assert ["card"] == [one["text"] for one in history["messages"]]
    assert 2 == history["messages"][0]["reply_count"]
    assert "thread_not_found" == await error_of(client.conversations_replies(channel=TRAINING, ts="1.0"))


async def test_history_pages_newest_first_without_metadata(client: AsyncWebClient) -> None:
    """Metadata is left out unless asked for, and pages join without gap or overlap."""
    metadata = {"event_type": "launch", "event_payload": {}}
    for number in range(5):
        await client.chat_postMessage(channel=TRAINING, text=str(number), metadata=metadata)
    seen: list[str] = []
    cursor: str | None = None
    while cursor != "":
        page = await client.conversations_history(channel=TRAINING, limit=2, cursor=cursor)
        seen += [one["text"] for one in page["messages"]]
        assert all("metadata" not in one for one in page["messages"])
        cursor = (page.get("response_metadata") or {}).get("next_cursor", "")

    assert ["4", "3", "2", "1", "0"] == seen
    assert "invalid_ts_oldest" == await error_of(
        client.conversations_history(channel=TRAINING, oldest="soon")
    )


async def test_permalinks_lead_to_the_message(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """The link has Slack's form, names the thread of a reply, and opens the page there."""
    parent = (await client.chat_postMessage(channel=TRAINING, text="a"))["ts"]
    reply = (await client.chat_postMessage(channel=TRAINING, text="b", thread_ts=parent))["ts"]

    link = (await client.chat_getPermalink(channel=TRAINING, message_ts=reply))["permalink"]

    assert link == (
        f"{workspace.url}archives/{TRAINING}/p{reply.replace('.', '')}?thread_ts={parent}&cid={TRAINING}"
    )
    async with aiohttp.ClientSession() as session, session.get(link, allow_redirects=False) as answer:
        assert f"/#/{TRAINING}/{parent}/{reply}" == answer.headers["Location"]
    assert "message_not_found" == await error_of(client.chat_getPermalink(channel=TRAINING, message_ts="1.0"))


async def test_deleting_a_parent_leaves_its_thread(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """A deleted card with replies becomes a tombstone, and can be neither edited nor deleted again."""
    parent = (await client.chat_postMessage(channel=TRAINING, text="a"))["ts"]
    await client.chat_postMessage(channel=TRAINING, text="b", thread_ts=parent)
    await client.chat_delete(channel=TRAINING, ts=parent)

    assert ["tombstone", None] == [one.body.get("subtype") for one in workspace.messages("training")]
    assert "message_not_found" == await error_of(client.chat_update(channel=TRAINING, ts=parent, text="c"))


async def test_reactions_are_added_once(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """A second reaction of the same kind is an error a bot must expect."""
    ts = (await client.chat_postMessage(channel=TRAINING, text="a"))["ts"]
    await client.reactions_add(channel=TRAINING, timestamp=ts, name="eyes")

    assert [{"name": "eyes", "users": [BOT_USER], "count": 1}] == workspace.messages("training")[0].body[
        "reactions"
    ]
    assert "already_reacted" == await error_of(
        client.reactions_add(channel=TRAINING, timestamp=ts, name="eyes")
    )

    await client.reactions_remove(channel=TRAINING, timestamp=ts, name="eyes")

    assert [] == workspace.messages("training")[0].body["reactions"]
    assert "no_reaction" == await error_of(
        client.reactions_remove(channel=TRAINING, timestamp=ts, name="eyes")
    )
