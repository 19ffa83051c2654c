from __future__ import annotations

import aiohttp
from slack_parts import OpenWorkspace, error_of
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace

LOG = "".join(f"line {number}\n" for number in range(1, 13))


async def test_an_upload_lands_in_the_thread(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """The SDK's three-step upload works unchanged, and the snippet shows five lines folded."""
    ts = (await client.chat_postMessage(channel="training", text="card"))["ts"]
    uploaded = await client.files_upload_v2(
        channel="C0TRAINING",
        thread_ts=ts,
        content=LOG,
        filename="run.log",
        title="Full log",
        snippet_type="text",
        initial_comment="here",
    )
    await workspace.wait_until(lambda: len(workspace.thread("training", ts)) == 2)
    reply = workspace.thread("training", ts)[1].body
    shown = reply["files"][0]

    assert uploaded["file"]["id"] == shown["id"]
    assert ("here", "Full log", "snippet") == (reply["text"], shown["title"], shown["mode"])
    assert (12, 7, "line 1\nline 2\nline 3\nline 4\nline 5") == (
        shown["lines"],
        shown["lines_more"],
        shown["preview"],
    )
    assert LOG == workspace.files()[0].text()


async def test_a_file_is_not_ready_at_once(open_workspace: OpenWorkspace) -> None:
    """Uploads finish later: an image block with the fresh file is refused, then accepted."""
    workspace = await open_workspace(file_seconds=30.0)
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    uploaded = await client.files_upload_v2(content="png", filename="loss.png", title="Loss")
    file_id = uploaded["file"]["id"]
    image = [{"type": "image", "alt_text": "loss", "slack_file": {"id": file_id}}]
    early = (await client.files_info(file=file_id))["file"]
    refused = await error_of(client.chat_postMessage(channel="training", text="x", blocks=image))
    workspace.files()[0].ready = True
    late = (await client.files_info(file=file_id))["file"]

    assert ("", "image/png") == (early["mimetype"], late["mimetype"])
    assert "invalid_blocks" == refused
    assert (await client.chat_postMessage(channel="training", text="x", blocks=image))["ok"]


async def test_uploads_are_refused_where_slack_refuses_them(
    workspace: SlackWorkspace, client: AsyncWebClient
) -> None:
    """No membership, no such channel, nothing uploaded, too much, nothing at all: each has its word."""
    snippet = client.files_getUploadURLExternal(filename="a", length=1_000_001, snippet_type="text")
    empty = client.files_getUploadURLExternal(filename="a", length=0)
    ticket = await client.files_getUploadURLExternal(filename="a", length=3)
    unfinished = client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])

    assert "not_in_channel" == await error_of(client.files_upload_v2(channel="C0RANDOM", content="x"))
    assert "channel_not_found" == await error_of(client.files_upload_v2(channel="training", content="x"))
    assert "snippet_too_large" == await error_of(snippet)
    assert "invalid_arguments" == await error_of(empty)
    assert "file_not_found" == await error_of(unfinished)
    async with (
        aiohttp.ClientSession() as session,
        session.post(ticket["upload_url"], data=b"four") as short,
    ):
        assert 400 == short.status


async def test_files_are_private(workspace: SlackWorkspace, client: AsyncWebClient) -> None:
    """Without the token a private URL ends on a page of HTML, the classic surprise of file downloads."""
    await client.files_upload_v2(content="<script>", filename="a.html")
    await workspace.wait_until(lambda: workspace.files()[0].ready)
    url = workspace.files()[0].shown(workspace.url)["url_private"]
    token = {"Authorization": f"Bearer {workspace.bot_token}"}
    async with aiohttp.ClientSession() as session:
        stranger = await session.get(url, allow_redirects=False)
        own = await session.get(url, headers=token)
        text = await own.text()
        page = await session.get(url, headers={"Sec-Fetch-Site": "same-origin"})
        await page.read()

    assert (302, 200, 200) == (stranger.status, own.status, page.status)
    assert ("<script>", "text/plain", "nosniff") == (
        text,
        own.content_type,
        own.headers["X-Content-Type-Options"],
    )
