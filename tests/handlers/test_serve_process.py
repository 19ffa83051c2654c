"""`launch-control serve` as a real process: its start, its end, its mistakes, its log."""

from __future__ import annotations

import asyncio
import resource
import signal
import time
from pathlib import Path

import aiosqlite
import psutil
from bed import brief, stage_on, write_in
from processes import child, command

from bot.sandbox.sandbox import Sandbox

BROKEN = """
default_preset = "bert"
[google]
[runner]
job = "launcher"
region = "mars"
queue = "q"
vertex_region = "us-central1"
[wandb]
entity = "acme"
project = "Trainer"
[timing]
poll = "often"
[slack]
tables = "fancy"
[[preset]]
name = "bert"
image = "i"
entry_point = ["python"]
machine_type = "g2-standard-8"
staging_bucket = "gs://b"
"""

DEFAULTS = """
[google]
project = "acme-ml"
[runner]
job = "launcher"
region = "us-central1"
queue = "q"
vertex_region = "us-central1"
[wandb]
entity = "acme"
project = "trainer"
[[preset]]
name = "bert"
default = true
image = "i"
entry_point = ["python"]
machine_type = "g2-standard-8"
staging_bucket = "gs://b"
[[preset]]
name = "lora"
default = true
image = "i"
entry_point = ["python"]
machine_type = "g2-standard-8"
staging_bucket = "gs://b"
"""


async def test_five_mistakes_in_a_settings_file_are_all_named_at_once(tmp_path: Path) -> None:
    """Mending one mistake to be told the next is five restarts; each line names file, key and an example."""
    path = tmp_path / "broken.toml"
    path.write_text(BROKEN)
    ended = await command("serve", "--settings", str(path))

    assert 2 == ended.code
    assert "Traceback" not in ended.err
    lacking = [
        key
        for key in ("google.project", "runner.region", "wandb.project", "timing.poll", "slack.tables")
        if key not in ended.err.replace("[", "").replace("] ", ".")
    ]
    assert [] == lacking, ended.err
    assert all("broken.toml" in line for line in ended.err.strip().splitlines())


async def test_two_defaults_are_one_sentence(tmp_path: Path) -> None:
    """Which of the two would `/launch` have spent money on?"""
    path = tmp_path / "two.toml"
    path.write_text(DEFAULTS)
    ended = await command("serve", "--settings", str(path))

    assert 2 == ended.code
    assert "two defaults" in ended.err
    assert "bert" in ended.err
    assert "lora" in ended.err
    assert "Traceback" not in ended.err


async def test_a_missing_file_a_missing_token_and_a_wrong_one_are_sentences() -> None:
    """The three ways in which a first start fails, each with the way out."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        secrets = stage.environment()
        no_file = await command("serve", "--settings", str(folder / "none.toml"))
        no_token = await command("serve", "--settings", path, secrets={**secrets, "SLACK_APP_TOKEN": ""})
        wrong = await command("serve", "--settings", path, secrets={**secrets, "SLACK_BOT_TOKEN": "xoxb-no"})

    assert [2, 2, 2] == [no_file.code, no_token.code, wrong.code]
    assert "none.toml" in no_file.err
    assert "SLACK_APP_TOKEN" in no_token.err
    assert "invalid_auth" in wrong.err
    assert "SLACK_BOT_TOKEN" in wrong.err
    assert "Traceback" not in no_file.err + no_token.err + wrong.err
    assert "xoxb-no" not in wrong.err


async def _type(stage: Sandbox, text: str) -> str:
    outcome = await stage.slack.type_text("alice", "#training", text)
    return outcome.error or str(outcome.response.get("text", "acked"))


async def test_sigterm_finishes_an_ack_and_ends_within_ten_seconds() -> None:
    """A deployment replaces the bot while somebody types: stored, acknowledged, and only then gone."""
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder)
        async with child("serve", "--settings", str(path), folder=folder, secrets=stage.environment()) as bot:
            await stage.slack.wait_until(lambda: stage.slack.connections >= 2, 30)
            family = bot.family()
            async with aiosqlite.connect(folder / "launch-control.db") as other:
                await other.execute("BEGIN IMMEDIATE")
                typed = asyncio.create_task(_type(stage, "/launch"))
                # Sent while the store is busy: the ack is under way when the signal comes.
                await bot.says('"ready"')
                await asyncio.sleep(0.3)
                began = time.monotonic()
                ending = asyncio.create_task(bot.told(signal.SIGTERM, 12))
                await asyncio.sleep(0.2)
                await other.rollback()
            answer, code = await typed, await ending
            lasted = time.monotonic() - began
            _, alive = psutil.wait_procs(family, timeout=3)
        stored = await command("launches", "--settings", str(path), "--json", secrets=stage.environment())

    assert ("acked", 0) == (answer, code), bot.said()
    assert lasted < 10
    assert [] == alive
    assert '"preset": "bert-small"' in stored.out


async def test_a_second_bot_on_the_same_store_is_refused() -> None:
    """Two bots on one file would advance each launch twice; the sentence names the first one's process."""
    async with stage_on() as (stage, folder):
        path = str(stage.write_settings(folder))
        async with child("serve", "--settings", path, folder=folder, secrets=stage.environment()) as first:
            await stage.slack.wait_until(lambda: stage.slack.connections >= 2, 30)
            second = await command("serve", "--settings", path, secrets=stage.environment())

    assert 1 == second.code
    assert "served already" in second.err
    assert str(first.process.pid) in second.err
    assert "Traceback" not in second.err


async def test_a_full_disk_refuses_a_launch_and_the_bot_lives_on() -> None:
    """Nothing is started that could not be written down; when there is room again, launches work again."""
    async with stage_on(brief()) as (stage, folder):
        path = str(stage.write_settings(folder))
        async with child("serve", "--settings", path, folder=folder, secrets=stage.environment()) as bot:
            await stage.slack.wait_until(lambda: stage.slack.connections >= 2, 30)
            before = resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, (4096, before[1]))
            refused = await _type(stage, "/launch")
            resource.prlimit(bot.process.pid, resource.RLIMIT_FSIZE, before)
            again = await _type(stage, "/launch")

    assert "Nothing was started" in refused
    assert "acked" == again
    assert (
        1 == len([call for call in stage.slack.traffic.of("chat.postMessage") if call.ok])
        or stage.world.items
    )


async def test_nothing_secret_is_in_the_bot_s_log() -> None:
    """Errors quote what they met: keys and tokens in them must not reach a log that many can read."""
    planted = "hf_" + "Zq8Kx3Vw" * 4
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder)
        write_in(path, "access", ask=f"@alice ({planted})")
        secrets = stage.environment()
        async with child("serve", "--settings", str(path), folder=folder, secrets=secrets) as bot:
            await stage.slack.wait_until(lambda: stage.slack.connections >= 2, 30)
            for _ in range(2):
                stage.slack.set_faults(refusals={"chat.postMessage": [f"bad_token_{planted}"]})
            await _type(stage, "/launch")
            await stage.slack.wait_until(lambda: stage.slack.messages("#training"), 20)
            await _press_nonsense(stage, f"jobs|us-east1|1|{planted}")
            await bot.says("unexpected")
            await bot.told(signal.SIGTERM, 12)
            log = bot.said()

    values = [planted, *secrets.values(), "5a5a5a5a"]
    assert [] == [value for value in values if value in log]
    assert "ValueError" in log


async def _press_nonsense(stage: Sandbox, value: str) -> None:
    from bot.sandbox.slack.payloads import Payloads  # noqa: PLC0415 - only here

    message = stage.slack.messages("#training")[0]
    action = {"type": "button", "action_id": "log_more", "block_id": "b", "value": value}
    where = stage.slack.world.directory.channel(message.channel)
    payload = Payloads(stage.slack.world).message_action("U0ALICE", where, message, action, {})
    await stage.slack._delivery.deliver("interactive", payload)
