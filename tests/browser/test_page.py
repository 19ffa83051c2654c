"""The chat page of the sandbox, used as a person uses it: real server, real Bolt app, real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from catalogue import BLOCKS, button, folded, marked
from chat_app import Bot
from playwright.async_api import Locator, Page, expect
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler

from bot.sandbox.slack import Command, SlackSettings, SlackWorkspace

pytestmark = pytest.mark.asyncio(loop_scope="module")

LAUNCH = Command("/launch", "[preset] [key=value ...]", "Starts a training job")
MONITOR = Command("/monitor", "[mine] [failed]", "Shows what runs")
SETTINGS = SlackSettings(commands=(LAUNCH, MONITOR), rate_limits=False, file_seconds=0.05)
LOG = "\n".join(f"line {number} <b>&amp; raw</b>" for number in range(1, 41))
PHONE = {"width": 390, "height": 844}


@pytest_asyncio.fixture(loop_scope="module")
async def workspace() -> AsyncIterator[SlackWorkspace]:
    async with SlackWorkspace(SETTINGS) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def bot(workspace: SlackWorkspace) -> AsyncIterator[Bot]:
    bot = Bot(workspace)
    handler = AsyncSocketModeHandler(bot.app, workspace.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
    await workspace.wait_until(lambda: workspace.connections)
    yield bot
    await handler.close_async()  # type: ignore[no-untyped-call]  # the same


@pytest_asyncio.fixture(loop_scope="module")
async def chat(workspace: SlackWorkspace, bot: Bot, tab: Page) -> Page:
    await tab.goto(workspace.url)
    await expect(tab.locator("#link.good")).to_be_visible()
    return tab


def composer(chat: Page, name: str = "channel") -> Locator:
    return chat.locator(f"[data-composer={name}]")


async def say(chat: Page, text: str, name: str = "channel") -> None:
    await composer(chat, name).fill(text)
    await composer(chat, name).press("Enter")


async def sideways(chat: Page) -> list[bool]:
    """Whether the page, the channel and the thread can be scrolled sideways."""
    wide = "e => e.scrollWidth > e.clientWidth"
    return list(await chat.locator("html, .feed").evaluate_all(f"all => all.map({wide})"))


async def test_typed_markup_stays_text(chat: Page) -> None:
    """What a person types is never taken for HTML, or a log line could run code in the page."""
    await say(chat, "<img src=x onerror=alert(1)> & *bold* `code`")
    message = chat.locator("#feed article").last
    await expect(message.locator("strong")).to_have_text("bold")

    assert "<img src=x onerror=alert(1)> & bold code" in await message.inner_text()
    assert await message.locator("img").count() == 0


async def test_a_command_is_offered_completed_sent_and_recalled(chat: Page) -> None:
    """The composer helps with commands by keyboard alone."""
    await composer(chat).press_sequentially("/l")
    await expect(chat.locator("[data-command]")).to_have_text(
        f"{LAUNCH.name} {LAUNCH.hint}{LAUNCH.description}"
    )
    await composer(chat).press("Enter")
    await expect(chat.locator("#channel-hint")).to_contain_text(LAUNCH.hint)
    await composer(chat).press_sequentially("gpqa")
    await composer(chat).press("Enter")
    await expect(chat.locator("#feed article").last).to_contain_text("launching gpqa")
    await composer(chat).press("ArrowUp")

    assert await composer(chat).input_value() == "/launch gpqa"


async def test_a_thread_opens_and_takes_replies_but_no_commands(chat: Page, bot: Bot) -> None:
    """The tables of /monitor stand in a thread, so it must be one click away; commands are refused there."""
    root = await bot.post([{"type": "section", "text": marked("the card")}])
    await bot.client.chat_postMessage(channel="C0TRAINING", text="first reply", thread_ts=root)
    bar = chat.locator(f"#feed [data-thread='{root}']")
    await expect(bar).to_contain_text("1 reply")
    await bar.click()
    await say(chat, "thank you", "thread")
    await expect(bar).to_contain_text("2 replies")
    await say(chat, "/launch gpqa", "thread")
    await expect(chat.locator("#thread [data-ephemeral]")).to_contain_text(
        "/launch is not supported in threads."
    )
    await chat.go_back()

    await expect(chat.locator("#thread")).to_be_hidden()


async def test_a_permalink_opens_its_thread(chat: Page, bot: Bot) -> None:
    """ "Already being launched" links to the card: one click must show it."""
    root = await bot.post([{"type": "section", "text": marked("the card")}])
    link = (await bot.client.chat_getPermalink(channel="C0TRAINING", message_ts=root))["permalink"]
    await bot.client.chat_postMessage(channel="C0EVALS", text=f"see <{link}|the card>")
    await chat.click("[data-channel=C0EVALS]")
    await chat.click("#feed article a")

    await expect(chat.locator(f"#thread [data-ts='{root}']")).to_contain_text("the card")


async def test_an_opened_container_stays_open_over_an_edit(chat: Page, bot: Bot) -> None:
    """A person who reads the error context must not lose it when the card moves on."""
    await bot.post([folded({"type": "actions", "elements": [button("Retry", "retry")]})])
    body = chat.locator("[data-container] .fold-body")
    await expect(body).to_be_hidden()
    await chat.click("[data-container] .fold-head")
    await chat.click("[data-action=retry]")

    await expect(body).to_have_text("edited")
    await expect(body).to_be_visible()
    await expect(chat.locator(".edited")).to_be_visible()


async def test_a_snippet_unfolds_to_the_whole_file(chat: Page, bot: Bot) -> None:
    """Five lines at first, every line on demand, and never as HTML."""
    await bot.client.files_upload_v2(
        channel="C0TRAINING", content=LOG, filename="kbflt.log", snippet_type="text"
    )
    shown = chat.locator("[data-file] pre")
    await expect(chat.locator(".file-more")).to_have_text("35 more lines")
    await expect(shown).to_have_text("\n".join(LOG.split("\n")[:5]), use_inner_text=True)
    await chat.click(".file-more")

    await expect(shown).to_have_text(LOG, use_inner_text=True)


async def test_a_button_with_a_confirmation_asks_first(
    chat: Page, bot: Bot, workspace: SlackWorkspace
) -> None:
    """Cancelling a job costs somebody hours: "Keep it" must send nothing."""
    await bot.post(BLOCKS)
    await chat.click("[data-action=cancel]")
    await expect(chat.locator("[data-dialog=confirm]")).to_contain_text("Cancel this launch?")
    await chat.click("[data-confirm=no]")
    await chat.click("[data-action=cancel]")
    await chat.click("[data-confirm=yes]")
    await workspace.wait_until(lambda: bot.took)

    assert bot.took == [("cancel", "")]


async def test_selects_and_overflow_send_what_was_chosen(
    chat: Page, bot: Bot, workspace: SlackWorkspace
) -> None:
    """ "Act on..." carries the row it acts on in its option's value."""
    await bot.post(BLOCKS)
    await chat.click("[data-action=act_on]")
    await chat.keyboard.press("ArrowDown")
    await chat.keyboard.press("Enter")
    await expect(chat.locator("[data-action=act_on]:not([aria-busy])")).to_have_text("Cancel")
    await chat.click("[data-action=more]")
    await chat.click("[data-option=hide]")
    await workspace.wait_until(lambda: len(bot.took) > 1)

    assert bot.took == [("act_on", "cancel:a1b2c3d4"), ("more", "hide")]


async def test_a_modal_shows_the_apps_objections_and_closes_when_taken(chat: Page, bot: Bot) -> None:
    """A form with a mistake stays open with the sentence under the field."""
    await bot.post(BLOCKS)
    await chat.click("[data-action=form]")
    await expect(chat.locator("[data-dialog=view] [data-block=alert]")).to_have_text("This restarts the job.")
    await chat.fill("[data-input=count]", "many")
    await chat.click("[data-view=submit]")
    await expect(chat.locator("[data-error=workers]")).to_have_text("Give a number.")
    await chat.fill("[data-input=count]", "5")
    await chat.click("[data-view=submit]")
    await expect(chat.locator("[data-dialog=view]")).to_have_count(0)

    assert bot.took == [("form", ""), ("submitted", "many"), ("submitted", "5")]


async def test_another_person_does_not_see_what_only_one_may_see(chat: Page) -> None:
    """Refusals are private: switching to Bob hides what Alice was told, and Bob has no private channel."""
    await say(chat, "/monitor")
    note = chat.locator("[data-ephemeral]")
    await expect(note).to_contain_text("Only visible to you")
    await expect(chat.locator("[data-channel=G0SECRET]")).to_be_visible()
    await chat.click("[data-person=U0BOB]")
    await expect(note).to_have_count(0)
    await expect(chat.locator("[data-channel=G0SECRET]")).to_have_count(0)
    await chat.click("[data-person=U0ALICE]")

    await expect(note).to_contain_text("Only you should read this.")


async def test_channels_count_what_was_not_read(chat: Page, bot: Bot) -> None:
    """A message elsewhere leaves a mark until the channel is opened."""
    await bot.client.chat_postMessage(channel="C0EVALS", text="elsewhere")
    mark = chat.locator("[data-channel=C0EVALS] [data-unread]")
    await expect(mark).to_have_text("1")
    await chat.click("[data-channel=C0EVALS]")

    await expect(mark).to_have_count(0)


async def test_what_cannot_be_shown_says_so(chat: Page, workspace: SlackWorkspace) -> None:
    """An unknown block is visible, and a link that could run code is no link."""
    blocks = [{"type": "hologram", "block_id": "h"}, {"type": "markdown", "text": "[x](javascript:alert(1))"}]
    body = {
        "type": "message",
        "ts": workspace.world.stamps.mint(),
        "user": "U0LAUNCHBOT",
        "text": "",
        "blocks": blocks,
    }
    workspace.world.messages.post("C0TRAINING", body)

    await expect(chat.locator("[data-block=hologram]")).to_have_text("Unsupported block: hologram")
    await expect(chat.locator("#feed a")).to_have_count(0)


async def test_the_home_tab_is_the_persons_own(chat: Page, bot: Bot) -> None:
    """The standing board is published per person and changes while it is open."""
    await chat.click("[data-app]")
    await expect(chat.locator("#home")).to_contain_text("has not published")
    blocks = [{"type": "section", "text": marked("2 launches in flight")}]
    await bot.client.views_publish(user_id="U0ALICE", view={"type": "home", "blocks": blocks})

    await expect(chat.locator("#home")).to_have_text("2 launches in flight")


async def test_a_phone_shows_one_sheet_at_a_time_and_never_scrolls_sideways(chat: Page, bot: Bot) -> None:
    """People look at a failed launch from a phone: wide tables and logs scroll inside themselves."""
    await chat.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    root = await bot.post(BLOCKS)
    await bot.post(BLOCKS, thread_ts=root)
    await chat.click("#feed [data-container] .fold-head")
    seen = await sideways(chat)
    table = await chat.locator("#feed .table-scroll").evaluate("e => e.scrollWidth > e.clientWidth")
    await chat.click(f"#feed [data-thread='{root}']")
    await expect(chat.locator("#main")).to_be_hidden()
    seen += await sideways(chat)
    await chat.locator("#thread [data-back]").click()
    await expect(chat.locator("#main")).to_be_visible()
    await chat.locator("[data-back=list]").click()
    await expect(chat.locator("#side")).to_be_visible()

    assert table
    assert {False} == set(seen)


async def test_the_page_comes_back_after_the_server_did(
    chat: Page, workspace: SlackWorkspace, complaints: list[str]
) -> None:
    """A restart of the sandbox must not need a reload, and what was typed meanwhile is not lost."""
    port = urlsplit(workspace.url).port or 0
    await workspace.close()
    await expect(chat.locator("#link.bad")).to_contain_text("Connection lost")
    await say(chat, "still here")
    await expect(chat.locator("#toast")).to_have_text("Not connected: nothing was sent.")
    await workspace.start(port=port)
    await expect(chat.locator("#link")).not_to_contain_text("Connection lost")
    await composer(chat).press("Enter")
    await expect(chat.locator("#feed article").last).to_contain_text("still here")
    complaints.clear()


async def test_the_page_says_what_it_is(chat: Page) -> None:
    """Nobody may take it for Slack."""
    await expect(chat.locator("[data-notice]")).to_have_text("Sandbox, not Slack")
    await expect(chat).to_have_title("Sandbox workspace (not Slack)")
