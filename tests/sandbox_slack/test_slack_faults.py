from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientError
from slack_parts import OpenWorkspace
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace


async def status_of(call: Any) -> int:
    with pytest.raises(SlackApiError) as refused:
        await call
    return int(refused.value.response.status_code)


async def test_a_counted_fault_spoils_just_so_many_calls(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """A retry of the right length gets through, one too short does not."""
    workspace.set_faults(server_errors={"auth.test": 2})
    failed = [await status_of(client.auth_test()) for _ in range(2)]

    assert [500, 500] == failed
    assert (await client.auth_test())["ok"]
    assert [500, 500, 200] == [call.status for call in workspace.traffic.of("auth.test")]


async def test_an_outage_ends_by_itself(open_workspace: OpenWorkspace) -> None:
    """Every method answers 503 for as long as it was asked to."""
    now = [1_000.0]
    workspace = await open_workspace(now=lambda: now[0])
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    workspace.set_faults(outage_seconds=5)
    during = await status_of(client.chat_postMessage(channel="training", text="x"))
    now[0] += 5

    assert 503 == during
    assert (await client.chat_postMessage(channel="training", text="x"))["ok"]
    assert 1 == len(workspace.messages("training"))


async def test_a_lost_answer_still_did_its_work(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """The unclear outcome: the message is there, the caller got no timestamp. Posting again doubles it."""
    client.retry_handlers.clear()
    workspace.set_faults(lost_answers={"chat.postMessage": 1})

    with pytest.raises(ClientError):
        await client.chat_postMessage(channel="training", text="x")
    assert ["x"] == [one.body["text"] for one in workspace.messages("training")]


async def test_the_sdks_own_retry_doubles_a_lost_post(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """The SDK repeats a cut call by default: a bot that promises one message must take that handler out."""
    workspace.set_faults(lost_answers={"chat.postMessage": 1})
    await client.chat_postMessage(channel="training", text="x")

    assert ["x", "x"] == [one.body["text"] for one in workspace.messages("training")]


async def test_a_chosen_error_word_is_answered_once(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """Rare errors, such as a channel archived meanwhile, can be played without building them."""
    workspace.set_faults(refusals={"chat.postMessage": ["is_archived"]})

    with pytest.raises(SlackApiError, match="is_archived"):
        await client.chat_postMessage(channel="training", text="x")
    assert (await client.chat_postMessage(channel="training", text="x"))["ok"]


async def test_block_types_can_be_unknown_from_the_start_or_later(open_workspace: OpenWorkspace) -> None:
    """An older workspace refuses by name what a newer one draws."""
    workspace = await open_workspace(refuse_blocks=frozenset({"table"}))
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    table = [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}]

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel="training", text="x", blocks=table)
    assert ["unsupported type: table [json-pointer:/blocks/0/type]"] == refused.value.response["errors"]

    workspace.set_faults(refuse_blocks=[])

    assert (await client.chat_postMessage(channel="training", text="x", blocks=table))["ok"]


async def test_faults_can_stand_in_the_settings(open_workspace: OpenWorkspace) -> None:
    """A scenario can begin with Slack already misbehaving."""
    workspace = await open_workspace(faults={"server_errors": {"*": 1}, "api_delay": 0})
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)

    assert 500 == await status_of(client.auth_test())
    assert (await client.auth_test())["ok"]


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    """A typo in a scenario must not quietly mean "no fault"."""
    with pytest.raises(ValueError, match=r"No fault is called drop_ack. Known: outage_seconds, api_delay"):
        SlackWorkspace().set_faults(drop_ack=1)


async def test_the_sandbox_stays_on_this_machine() -> None:
    """It has no passwords, so it must not listen on a network."""
    with pytest.raises(ValueError, match=r"listens on this machine only, not on 0\.0\.0\.0"):
        await SlackWorkspace().start(host="0.0.0.0")  # noqa: S104  the very thing that is refused
