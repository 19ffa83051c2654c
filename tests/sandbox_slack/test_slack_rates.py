from __future__ import annotations

import time

import pytest
from slack_parts import OpenWorkspace
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace
from bot.sandbox.slack.rates import POST_BURST, POST_WORKSPACE_PER_MINUTE, RateLimits, Tier

TRAINING = "C0TRAINING"


def limits(multiplier: float = 1.0, *, enabled: bool = True) -> RateLimits:
    return RateLimits(enabled=enabled, multiplier=multiplier)


def allowed(rates: RateLimits, method: str, tier: Tier, count: int, now: float, channel: str = "C1") -> int:
    return sum(rates.retry_after(method, tier, channel, now) == 0 for _ in range(count))


def test_edits_are_counted_for_the_whole_workspace() -> None:
    """Tier 3 is 50 edits a minute for the app, in whatever channel: three live cards can exceed it."""
    rates = limits()

    first = sum(rates.retry_after("chat.update", Tier.THREE, f"C{n % 3}", 0.0) == 0 for n in range(60))

    assert 50 == first
    assert 60 == rates.retry_after("chat.update", Tier.THREE, "C9", 0.0)
    assert 1 == rates.retry_after("chat.update", Tier.THREE, "C9", 59.5)
    assert 0 == rates.retry_after("chat.update", Tier.THREE, "C9", 60.0)


def test_posts_flow_one_a_second_in_a_channel_after_a_short_burst() -> None:
    """A thread of tables posted at once is cut off after the burst, and one second buys one post."""
    rates = limits()

    assert POST_BURST == allowed(rates, "chat.postMessage", Tier.SPECIAL, 10, 100.0)
    assert 1 == allowed(rates, "chat.postMessage", Tier.SPECIAL, 10, 101.0)
    assert POST_BURST == allowed(rates, "chat.postMessage", Tier.SPECIAL, 10, 101.0, channel="C2")


def test_posts_have_a_cap_for_the_workspace() -> None:
    """Many channels do not add up without end."""
    rates = limits()

    sent = sum(
        allowed(rates, "chat.postMessage", Tier.SPECIAL, POST_BURST, 0.0, channel=f"C{n}") for n in range(100)
    )

    assert POST_WORKSPACE_PER_MINUTE == sent


@pytest.mark.parametrize(("multiplier", "expected"), [(0.5, 25), (2.0, 100)])
def test_limits_can_be_scaled(multiplier: float, expected: int) -> None:
    """A test of pressure needs tight limits, a demo may want wide ones."""
    assert expected == allowed(limits(multiplier), "chat.update", Tier.THREE, 200, 0.0)


def test_limits_can_be_switched_off() -> None:
    """A test about something else should not wait."""
    assert 500 == allowed(limits(enabled=False), "chat.update", Tier.THREE, 500, 0.0)


async def test_a_refused_call_is_429_with_retry_after(open_workspace: OpenWorkspace) -> None:
    """The status, the header and the word are all three what clients look at."""
    workspace = await open_workspace(now=lambda: 1_000.0)
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    for _ in range(POST_BURST):
        await client.chat_postMessage(channel="training", text="x")

    with pytest.raises(SlackApiError) as refused:
        await client.chat_postMessage(channel=TRAINING, text="x")

    assert (429, "ratelimited", "1") == (
        refused.value.response.status_code,
        refused.value.response["error"],
        refused.value.response.headers["Retry-After"],
    )
    assert 1 == workspace.traffic.too_many["chat.postMessage"]
    assert POST_BURST + 1 == workspace.traffic.counts["chat.postMessage"]


async def test_the_sdk_waits_as_told_and_succeeds(workspace: SlackWorkspace) -> None:
    """The SDK's own handler honours Retry-After, so a bot that adds it survives a 429."""
    client = AsyncWebClient(token=workspace.bot_token, base_url=workspace.api_url)
    client.retry_handlers.append(AsyncRateLimitErrorRetryHandler(max_retry_count=1))
    workspace.set_faults(rate_limited={"chat.postMessage": 1}, retry_after=1)
    started = time.monotonic()

    answer = await client.chat_postMessage(channel=TRAINING, text="x")

    assert answer["ok"]
    assert time.monotonic() - started >= 1.0
    assert 1 == workspace.traffic.too_many["chat.postMessage"]
