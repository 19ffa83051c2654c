from __future__ import annotations

import json

import aiohttp
import pytest
from slack_parts import OpenWorkspace, client_of, error_of
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import ALICE, BOT_USER, SlackWorkspace

TRAINING, RANDOM, SECRET = "C0TRAINING", "C0RANDOM", "G0SECRET"


async def test_who_am_i(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """auth.test names the bot and carries the scopes: a bot checks both when it starts."""
    answer = await client.auth_test()

    assert BOT_USER == answer["user_id"]
    assert workspace.url == answer["url"]
    assert "chat:write" in answer.headers["x-oauth-scopes"]
    assert answer.headers["x-slack-req-id"]


async def test_tokens_open_only_their_own_doors(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """Mixing the two tokens up is a common mistake and must be told apart from a wrong one."""
    with_app_token = client_of(workspace, workspace.app_token)

    assert "not_allowed_token_type" == await error_of(with_app_token.auth_test())
    assert "not_allowed_token_type" == await error_of(
        client.apps_connections_open(app_token=workspace.bot_token)
    )
    assert "invalid_auth" == await error_of(client_of(workspace, "xoxb-wrong").auth_test())
    assert "not_authed" == await error_of(AsyncWebClient(base_url=workspace.api_url).auth_test())


async def test_an_app_token_is_taken_from_the_header_only(workspace: SlackWorkspace) -> None:
    """Slack ignores an app-level token that stands among the arguments."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{workspace.api_url}apps.connections.open", data={"token": workspace.app_token}
        ) as answer,
    ):
        assert "not_authed" == (await answer.json())["error"]


async def test_a_forgotten_scope_is_named(open_workspace: OpenWorkspace) -> None:
    """A scope missing in the manifest must fail here, not in the first real workspace."""
    workspace = await open_workspace(scopes=frozenset({"chat:write"}))

    with pytest.raises(SlackApiError) as refused:
        await client_of(workspace).users_info(user=ALICE.id)

    assert ("missing_scope", "users:read", "chat:write") == (
        refused.value.response["error"],
        refused.value.response["needed"],
        refused.value.response["provided"],
    )
    assert "missing_scope" == await error_of(client_of(workspace).conversations_history(channel=TRAINING))


@pytest.mark.parametrize("form", ["json", "form", "query"])
async def test_arguments_come_in_three_forms(workspace: SlackWorkspace, form: str) -> None:
    """Clients send JSON, forms and queries; blocks inside a form are JSON in a string."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "hello"}}]
    arguments = {"channel": TRAINING, "text": "hello"}
    url, headers = f"{workspace.api_url}chat.postMessage", {"Authorization": f"Bearer {workspace.bot_token}"}
    async with aiohttp.ClientSession(headers=headers) as session:
        if form == "json":
            answer = await session.post(url, json=arguments | {"blocks": blocks})
        elif form == "form":
            answer = await session.post(url, data=arguments | {"blocks": json.dumps(blocks)})
        else:
            answer = await session.get(url, params=arguments | {"blocks": json.dumps(blocks)})
        posted = await answer.json()

    assert posted["ok"]
    assert "hello" == posted["message"]["blocks"][0]["text"]["text"]
    assert posted["message"]["blocks"][0]["block_id"]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("{", "invalid_json"),
        ("[]", "json_not_object"),
        ('{"channel": "C0TRAINING", "blocks": "no"}', "invalid_blocks_format"),
        ('{"channel": "C0TRAINING"}', "no_text"),
        ('{"channel": "C0TRAINING", "text": " "}', "no_text"),
        ('{"text": "x"}', "invalid_arguments"),
        ('{"channel": "C0TRAINING", "text": "x", "metadata": {"event_type": 1}}', "invalid_metadata_schema"),
        ('{"channel": "C0TRAINING", "text": "x", "metadata": "{"}', "invalid_metadata_format"),
        ('{"channel": "C0TRAINING", "text": "x", "markdown_text": "y"}', "markdown_text_conflict"),
    ],
)
async def test_malformed_calls_get_slacks_word(workspace: SlackWorkspace, body: str, error: str) -> None:
    """Each way to be wrong has its own word, and a client's reaction depends on it."""
    headers = {"Authorization": f"Bearer {workspace.bot_token}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{workspace.api_url}chat.postMessage", data=body) as answer,
    ):
        assert error == (await answer.json())["error"]


async def test_channels_without_the_bot(client: AsyncWebClient) -> None:
    """A public channel says not_in_channel, a private one does not exist: the bot's advice differs."""
    assert "not_in_channel" == await error_of(client.chat_postMessage(channel=RANDOM, text="x"))
    assert "not_in_channel" == await error_of(client.chat_postMessage(channel="#random", text="x"))
    assert "channel_not_found" == await error_of(client.chat_postMessage(channel=SECRET, text="x"))
    assert "channel_not_found" == await error_of(client.chat_postMessage(channel="C404", text="x"))
    assert "channel_not_found" == await error_of(client.conversations_info(channel=SECRET))
    assert (await client.conversations_info(channel=RANDOM))["channel"]["is_member"] is False


async def test_joining_or_being_invited_opens_a_channel(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """Both ways in must work, for the bot tells people to use one of them."""
    await client.conversations_join(channel=RANDOM)
    await workspace.type_text("alice", "secret", "/invite @launch-control")

    assert (await client.chat_postMessage(channel=RANDOM, text="x"))["ok"]
    assert (await client.chat_postMessage(channel=SECRET, text="x"))["ok"]
    assert "already_in_channel" == (await client.conversations_join(channel=RANDOM))["warning"]


async def test_posting_without_joining_needs_its_own_scope(open_workspace: OpenWorkspace) -> None:
    """chat:write.public opens public channels for posts, never for reading or files."""
    workspace = await open_workspace(
        scopes=frozenset({"chat:write", "chat:write.public", "channels:history", "files:write"})
    )
    client = client_of(workspace)

    assert (await client.chat_postMessage(channel=RANDOM, text="x"))["ok"]
    assert "not_in_channel" == await error_of(client.conversations_history(channel=RANDOM))
    assert "not_in_channel" == await error_of(client.files_upload_v2(channel=RANDOM, content="x"))


async def test_blocks_can_be_validated_without_a_token(workspace: SlackWorkspace) -> None:
    """blocks.validate is the public judge of blocks and needs no account."""
    async with aiohttp.ClientSession() as session:
        bad = await (
            await session.post(f"{workspace.api_url}blocks.validate", json={"blocks": [{"type": "x"}]})
        ).json()
        good = await (
            await session.post(f"{workspace.api_url}blocks.validate", json={"blocks": [{"type": "divider"}]})
        ).json()

    assert ("invalid_blocks", {"ok": True}) == (bad["error"], good)


async def test_people_and_bots_can_be_looked_up(client: AsyncWebClient) -> None:
    """Names come from users.info; an unknown person is an error, not an empty one."""
    assert "Alice Archer" == (await client.users_info(user=ALICE.id))["user"]["real_name"]
    assert BOT_USER == (await client.bots_info())["bot"]["user_id"]
    assert "user_not_found" == await error_of(client.users_info(user="U404"))


async def test_unknown_methods_and_odd_payloads_do_not_break_the_door(client: AsyncWebClient) -> None:
    """Whatever is sent, an answer in Slack's form comes back."""
    assert "unknown_method" == await error_of(client.api_call("chat.shout"))
    assert "fatal_error" == await error_of(
        client.api_call("blocks.validate", json={"message": {"attachments": 5, "blocks": []}})
    )
