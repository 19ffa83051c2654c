"""Acks of `serve --http` while strangers post megabytes at it and hold connections half open."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from bench_bot import IDLE_SECONDS
from bench_tools import Servers, measure, servers

from bot.sandbox.child import BotProcess

LAUNCHES, QUESTIONS = 200, 2_000
POSTS, POST = 200, 1_000_000
HALF_OPEN = 500
PAUSE = 1.0  # seconds until a stranger whose connection was closed comes again


@asynccontextmanager
async def http_bot(where: Servers) -> AsyncIterator[str]:
    """The bot in HTTP mode, on a port of its own choice; its request URL."""
    text = where.settings.read_text()
    where.settings.write_text(text.replace("[slack]\n", "[slack]\nhttp_port = 0\n", 1))
    log = where.settings.parent / "bot.log"
    async with BotProcess(where.settings, where.environment, log=log, options=["--http"]):
        while '"ready"' not in log.read_text():  # noqa: ASYNC110 - a file tells nobody
            await asyncio.sleep(0.05)
        url = log.read_text().partition('"url": "')[2].partition('"')[0]
        assert await where.order("use_http", url=url)
        yield url


async def _stranger(url: str, sent: bytes, seen: Counter[str]) -> None:
    """Sends this much and waits to be answered or closed, again and again; counts the answers."""
    parts = urlsplit(url)
    while True:
        answer = b""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(sent)
                answer = await reader.read()
            finally:
                writer.transport.abort()
        seen[answer[9:12].decode() or "closed"] += 1
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def attack(url: str) -> AsyncIterator[dict[str, Counter[str]]]:
    """All strangers at once, until the block ends; gives how each kind was answered."""
    head = "POST /slack/events HTTP/1.1\r\nHost: bot\r\n"
    post = f"{head}Content-Length: {POST}\r\n\r\n".encode() + b"x" * POST
    seen: dict[str, Counter[str]] = {"posts": Counter(), "half_open": Counter()}
    strangers = [
        *(asyncio.create_task(_stranger(url, post, seen["posts"])) for _ in range(POSTS)),
        *(asyncio.create_task(_stranger(url, head.encode(), seen["half_open"])) for _ in range(HALF_OPEN)),
    ]
    try:
        yield seen
    finally:
        for one in strangers:
            one.cancel()
        await asyncio.gather(*strangers, return_exceptions=True)


async def acks(name: str, text: str, commands: int) -> None:
    """Commands typed one by one, each in a bot of its own: first in peace, then under attack."""
    texts = [text.format(number / 1e5) for number in range(1, commands + 1)]
    async with servers() as where, http_bot(where):
        await asyncio.sleep(IDLE_SECONDS)
        calm = sorted(await where.order("type", texts=texts, together=False, rooms=50))
    async with servers() as where, http_bot(where) as url:
        await asyncio.sleep(IDLE_SECONDS)
        async with attack(url) as seen:
            taken = sorted(await where.order("type", texts=texts, together=False, rooms=50))
            answers = {kind: dict(counted) for kind, counted in seen.items()}
    measure(
        name,
        taken[int(len(taken) * 0.99)],
        300,
        p50_ms=statistics.median(taken),
        slowest_ms=taken[-1],
        calm_p99_ms=calm[int(len(calm) * 0.99)],
        answers=answers,
    )


async def run() -> None:
    """Acks with an insert behind them, and acks that only read the settings."""
    await acks("http_attacked_launch_ack_p99_ms", "/launch bert-small lr={}", LAUNCHES)
    await acks("http_attacked_ack_p99_ms", "/launch presets", QUESTIONS)


if __name__ == "__main__":
    asyncio.run(run())
