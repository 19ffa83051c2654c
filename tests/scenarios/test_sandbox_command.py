"""`launch-control sandbox`, as a stranger runs it: a real process, and nothing left behind."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import aiohttp
import psutil
from processes import child, command


async def test_the_demo_plays_the_happy_day_and_says_so() -> None:
    """The first thing that a stranger runs must work, print the channel, and exit 0."""
    ended = await command("sandbox", "--demo", "--scenario", "happy", seconds=110)

    assert 0 == ended.code, ended.out[-3000:] + ended.err
    assert "As expected" in ended.out
    assert "Task → Cloud" in ended.out
    assert "Traceback" not in ended.out.replace("Traceback (most recent call last):", "") + ended.err


async def test_the_sandbox_prints_an_address_that_answers_and_leaves_no_process(tmp_path: Path) -> None:
    """Ctrl-C ends everything that was started: no orphan polls on, no port stays taken."""
    async with child("sandbox", "--port", "0", folder=tmp_path) as sandbox:
        printed = await sandbox.says("type /launch")
        (address,) = re.findall(r"Open (http://127\.0\.0\.1:\d+/)", printed)
        async with aiohttp.ClientSession() as session, session.get(address) as page:
            text = await page.text()
        family = sandbox.family()
        code = await sandbox.told(signal.SIGINT, 15)
        _, alive = psutil.wait_procs(family, timeout=3)

    assert 200 == page.status
    assert "Slack" in text
    assert len(family) >= 2
    assert (0, []) == (code, alive)


async def test_an_unknown_scenario_is_one_sentence() -> None:
    """A typing mistake is exit code 2 and the list of scenarios, not a stack trace."""
    ended = await command("sandbox", "--scenario", "no-such")

    assert 2 == ended.code
    assert "no-such" in ended.err
    assert "happy" in ended.err
    assert "Traceback" not in ended.err
