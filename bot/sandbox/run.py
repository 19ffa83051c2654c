"""The command `launch-control sandbox`: plays a scenario with the bot."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import tempfile
from pathlib import Path

from bot.sandbox.child import BotProcess, inherited_environment
from bot.sandbox.demo import Say, channel_text, check_expectations, play_demo, read_outcomes
from bot.sandbox.sandbox import Sandbox
from bot.sandbox.world.scenario_file import read_scenario

# The bot is ready within seconds; a loaded machine gets more time.
READY_SECONDS = 30.0


async def run_sandbox(scenario: str, *, port: int, demo: bool, say: Say) -> int:
    """Run a scenario; return the exit code: 0 if it ended as expected, else 1."""
    with tempfile.TemporaryDirectory(prefix="launch-control-") as folder:
        async with Sandbox(read_scenario(scenario), port=port, manifest=_manifest()) as sandbox:
            # A full garbage collection over all imported modules would delay the stand-ins' responses.
            gc.collect()
            gc.freeze()
            settings = sandbox.write_settings(Path(folder))
            bot = BotProcess(settings, sandbox.environment(), log=Path(folder) / "bot.log")
            async with bot:
                if not await _ready(sandbox, bot):
                    say(f"The bot did not start. The end of its log:\n{bot.log_tail()}")
                    return 1
                if demo:
                    return await _demo(sandbox, settings, bot, say)
                say(f"Open {sandbox.slack.url} and type /launch, then /monitor. Ctrl-C ends it.")
                say(f"The bot's own log: {folder}/bot.log")
                return await _until_interrupted(bot, say)


def _manifest() -> Path | None:
    """Return the app's manifest if the product runs from a checkout."""
    path = Path(__file__).parents[2] / "manifest.yml"
    return path if path.exists() else None


async def _ready(sandbox: Sandbox, bot: BotProcess) -> bool:
    """Return whether the bot has connected."""
    assert bot.process is not None  # noqa: S101 - started by the caller
    gone = asyncio.create_task(bot.process.wait())
    connected = asyncio.create_task(
        sandbox.slack.wait_until(lambda: sandbox.slack.connections > 0, READY_SECONDS)
    )
    await asyncio.wait([gone, connected], return_when=asyncio.FIRST_COMPLETED)
    ready = connected.done() and connected.exception() is None and not gone.done()
    for task in (gone, connected):
        task.cancel()
    await asyncio.gather(gone, connected, return_exceptions=True)
    return ready


async def _demo(sandbox: Sandbox, settings: Path, bot: BotProcess, say: Say) -> int:
    unmet = await play_demo(sandbox, say)
    environment = {**inherited_environment(), **sandbox.environment()}
    wrong = unmet + await check_expectations(sandbox, lambda: read_outcomes(settings, environment))
    for channel in dict.fromkeys(step.channel for step in sandbox.scenario.demo):
        reader = next(step.user for step in sandbox.scenario.demo if step.channel == channel)
        say(channel_text(sandbox, channel, reader))
    for sentence in wrong:
        say(f"Not as expected: {sentence}")
    if wrong:
        say(f"The end of the bot's log:\n{bot.log_tail()}")
        return 1
    say(f"As expected: {sandbox.scenario.title}.")
    return sandbox.scenario.expect.exit


async def _until_interrupted(bot: BotProcess, say: Say) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    assert bot.process is not None  # noqa: S101 - started by the caller
    gone = asyncio.create_task(bot.process.wait())
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([gone, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    if gone.done():
        say(f"The bot has ended by itself. The end of its log:\n{bot.log_tail()}")
        return 1
    gone.cancel()
    say("Ending the bot and the sandbox.")
    return 0
