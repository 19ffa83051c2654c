"""The same core in a terminal, as child processes: exit codes, plain lines, live progress, beside a bot."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re

import pytest
from bed import bot_on, brief, running, scenario, stage_on
from processes import COMMAND, command, surroundings

from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.scripts import LaunchScript

FAILING = (LaunchScript.model_validate({"timeline": "PENDING 1 -> RUNNING 1 -> FAILED", "submit_after": 1}),)
EARLY = (LaunchScript.model_validate({"timeline": "FAILED", "submit_after": 1}),)


async def test_launch_prints_plain_lines_and_exits_0_once_submitted() -> None:
    """In a pipeline the command is a line for each change, the art at the end, and a code that says it."""
    async with stage_on(brief()) as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command(
            "launch", "--settings", path, "bert-small", "lr=0.001", secrets=stage.environment()
        )

    assert 0 == ended.code, ended.out + ended.err
    assert "Task → Cloud" in ended.out
    assert "\x1b[" not in ended.out
    assert 1 == ended.out.count("Queued in vertex-ai-queue")
    assert ended.out.count("Waiting for the job") <= 4


@pytest.mark.parametrize(
    ("played", "code", "words"),
    [
        (scenario(launch=EARLY), 1, "The job failed"),
        (scenario("timeout"), 3, "Job not detected in Vertex AI"),
        (scenario("start-denied"), 1, "No runner could be started"),
    ],
)
async def test_launch_exits_with_how_it_ended(played: Scenario, code: int, words: str) -> None:
    """1 failed and 3 timed out: a script may retry the one and must look at the other."""
    async with stage_on(played) as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command("launch", "--settings", path, secrets=stage.environment())

    assert code == ended.code, ended.out + ended.err
    assert words in ended.out


async def test_monitor_s_bad_words_are_answered_for_a_terminal() -> None:
    """An example that begins with a slash cannot be copied into a shell."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command("monitor", "--settings", path, "bogus", secrets=stage.environment())

    assert 2 == ended.code
    assert "Example: launch-control monitor jobs region=us-central1" in ended.err
    assert " /monitor" not in ended.err
    assert "help" not in ended.err


async def test_monitor_tells_what_to_do_and_where_the_log_is() -> None:
    """Who works in a terminal has no button to open the log."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command("monitor", "--settings", path, "jobs", "runs", secrets=stage.environment())

    assert 0 == ended.code
    assert "  Log: https://console.cloud.google.com/logs/query" in ended.out
    assert "Item: whisper-small-nl" in ended.out
    assert 3 == ended.out.count("  What to do: ")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("launch", "nonsense"), "There is no preset 'nonsense'"),
        (("launch", "status"), "only a preset and key=value are understood"),
        (("monitor", "region=mars"), "'mars' is no region"),
        (("monitor", "everything"), "'everything' is not understood"),
    ],
)
async def test_bad_words_are_one_sentence_and_exit_2(words: tuple[str, ...], sentence: str) -> None:
    """The terminal is as kind as the channel: what was wrong, what is allowed, an example."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command(words[0], "--settings", path, *words[1:], secrets=stage.environment())

    assert 2 == ended.code
    assert sentence in ended.err
    assert "Traceback" not in ended.err
    assert "" == ended.out


async def test_monitor_prints_six_tables_and_the_failures() -> None:
    """The same facts as in the channel, for those who live in a terminal."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command("monitor", "--settings", path, secrets=stage.environment())

    titles = re.findall(
        r"^(W&B Launch agent|Active Cloud|Recent Cloud|Vertex AI jobs|Active W&B|Completed W&B)",
        ended.out,
        re.MULTILINE,
    )
    assert 0 == ended.code, ended.err
    assert 6 == len(titles), ended.out
    assert "OutOfMemoryError" in ended.out
    assert not re.search(r"<[@!#h]|&[a-z]+;", ended.out)
    assert "\x1b[" not in ended.out


async def test_monitor_exits_1_when_nobody_could_be_asked() -> None:
    """A watchdog script must not take an outage for a quiet night."""
    async with stage_on("all-denied") as (stage, folder):
        path = str(stage.write_settings(folder))
        ended = await command("monitor", "--settings", path, secrets=stage.environment())

    assert 1 == ended.code
    assert "Nothing is known" in ended.out


async def test_a_terminal_works_beside_the_bot_and_the_bot_does_the_work() -> None:
    """The bot holds the store: a launch typed in a terminal is stored for it and followed from here."""
    async with bot_on() as bed:
        secrets = bed.stage.environment()
        path = str(bed.settings_path)
        ended = await command("launch", "--settings", path, secrets=secrets)
        listed = await command("launches", "--settings", path, secrets=secrets)
        scanned = await command("monitor", "--settings", path, "jobs", secrets=secrets)

        assert (0, 0, 0) == (ended.code, listed.code, scanned.code), ended.out + ended.err
        assert "The bot is running" in ended.err
        assert "Task → Cloud" in ended.out
        assert "bert-small" in listed.out
        assert {"RunJob": 1, "pushToRunQueueByName": 1} == bed.effects()
        assert [] == bed.slack.messages("#training")


async def test_launches_prints_the_store_also_as_json() -> None:
    """Other programs read it: ids, verdicts and jobs, without a bot."""
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder)
        async with running(stage, path) as bed:
            await bed.type("/launch")
            await bed.settled("succeeded")
            (launch,) = await bed.launches()
        empty = await command("launches", "--settings", str(path), "--days", "0")
        ended = await command("launches", "--settings", str(path), "--json")
        (facts,) = json.loads(ended.out)

    assert "No launches in the last 0 days" in empty.out
    assert (launch.launch_id, "succeeded", "alice") == (facts["id"], facts["verdict"], facts["by"])
    assert launch.job is not None
    assert launch.job.resource == facts["job"]


async def test_a_terminal_shows_progress_in_place() -> None:
    """Where lines can be redrawn, a launch is one card that changes, not a scroll."""
    async with stage_on(brief()) as (stage, folder):
        path = str(stage.write_settings(folder))
        code, text = await _in_a_terminal("launch", "--settings", path, secrets=stage.environment())

    assert 0 == code, text
    assert "\x1b[" in text
    assert "Task → Cloud" in text
    assert text.count("Queued in") > 1


async def _in_a_terminal(*words: str, secrets: dict[str, str]) -> tuple[int, str]:
    """Runs a command with a pseudo-terminal as its output; returns its exit code and all that it drew."""
    ours, theirs = pty.openpty()
    environment = {**surroundings(secrets), "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "60"}
    process = await asyncio.create_subprocess_exec(
        *COMMAND, *words, env=environment, stdin=theirs, stdout=theirs, stderr=asyncio.subprocess.PIPE
    )
    os.close(theirs)
    drawn: list[bytes] = []
    reading = asyncio.to_thread(_drain, ours, drawn)
    async with asyncio.timeout(60):
        await asyncio.gather(reading, process.communicate())
    os.close(ours)
    return process.returncode or 0, b"".join(drawn).decode(errors="replace")


def _drain(handle: int, drawn: list[bytes]) -> None:
    while True:
        try:
            data = os.read(handle, 65_536)
        except OSError:  # the other end is closed: the command has ended
            return
        if not data:
            return
        drawn.append(data)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ("serve", "sandbox", "launch", "monitor", "launches", "Exit codes: 0 done, 1 failed, 2 usage")),
        (("serve",), ("Run the Slack bot", "--http", "--settings")),
        (("sandbox",), ("--port", "--scenario", "--demo", "--list")),
        (("launch",), ("key=value", "--settings")),
        (("monitor",), ("region=", "--settings")),
        (("launches",), ("--json", "--days")),
    ],
)
async def test_help_is_complete(words: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Help is the first page that people read: every option, with an example, exit code 0."""
    ended = await command(*words, "--help")

    assert 0 == ended.code
    assert [] == [one for one in expected if one not in ended.out]
