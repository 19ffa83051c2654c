"""What `launch-control sandbox` does: plays a scenario with the bot under it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import tempfile
from pathlib import Path

from bot.sandbox.child import BotProcess, surroundings
from bot.sandbox.demo import Say, judge, play_demo, printed_outcomes, shown
from bot.sandbox.stage import Stage
from bot.sandbox.world.scenario_file import read_scenario

# The bot promises to be ready within seconds; a loaded machine is given more.
READY_SECONDS = 30.0


async def run_sandbox(scenario: str, *, port: int, demo: bool, say: Say) -> int:
    """Run a scenario and returns the exit code: 0 done as expected, 1 not."""
    with tempfile.TemporaryDirectory(prefix="launch-control-") as folder:
        async with Stage(read_scenario(scenario), port=port, manifest=_manifest()) as stage:
            # A full collection over everything that was imported would hold up the stand-ins' answers.
            gc.collect()
            gc.freeze()
            settings = stage.write_settings(Path(folder))
            bot = BotProcess(settings, stage.environment(), log=Path(folder) / "bot.log")
            async with bot:
                if not await _ready(stage, bot):
                    say(f"The bot did not start. Its last words:\n{bot.last_words()}")
                    return 1
                if demo:
                    return await _demo(stage, settings, bot, say)
                say(f"Open {stage.slack.url} and type /launch, then /monitor. Ctrl-C ends it.")
                say(f"The bot's own log: {folder}/bot.log")
                return await _until_interrupted(bot, say)


def _manifest() -> Path | None:
    """Return the app's manifest, where the product runs from its checkout."""
    path = Path(__file__).parents[2] / "manifest.yml"
    return path if path.exists() else None


async def _ready(stage: Stage, bot: BotProcess) -> bool:
    """Whether the bot has connected."""
    assert bot.process is not None  # noqa: S101 - it was started just now
    gone = asyncio.create_task(bot.process.wait())
    connected = asyncio.create_task(
        stage.slack.wait_until(lambda: stage.slack.connections > 0, READY_SECONDS)
    )
    await asyncio.wait([gone, connected], return_when=asyncio.FIRST_COMPLETED)
    ready = connected.done() and connected.exception() is None and not gone.done()
    for task in (gone, connected):
        task.cancel()
    await asyncio.gather(gone, connected, return_exceptions=True)
    return ready


async def _demo(stage: Stage, settings: Path, bot: BotProcess, say: Say) -> int:
    missed = await play_demo(stage, say)
    environment = {**surroundings(), **stage.environment()}
    wrong = missed + await judge(stage, lambda: printed_outcomes(settings, environment))
    for channel in dict.fromkeys(step.channel for step in stage.scenario.demo):
        reader = next(step.user for step in stage.scenario.demo if step.channel == channel)
        say(shown(stage, channel, reader))
    for sentence in wrong:
        say(f"Not as expected: {sentence}")
    if wrong:
        say(f"The bot's last words:\n{bot.last_words()}")
        return 1
    say(f"As expected: {stage.scenario.title}.")
    return stage.scenario.expect.exit


async def _until_interrupted(bot: BotProcess, say: Say) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    assert bot.process is not None  # noqa: S101 - it was started before
    gone = asyncio.create_task(bot.process.wait())
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([gone, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await waiting
    if gone.done():
        say(f"The bot has ended by itself. Its last words:\n{bot.last_words()}")
        return 1
    gone.cancel()
    say("Ending the bot and the sandbox.")
    return 0
