"""The console command. Each command imports its modules when it runs, so that --help is fast."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn

import click

from handlers.cli.exit_codes import DONE, FAILED, USAGE

SETTINGS = click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("launch-control.toml"),
    show_default=True,
    envvar="LAUNCH_CONTROL_SETTINGS",
    help="The settings file.",
)


HELP = """Launch training jobs on Google Cloud through W&B Launch, from Slack or from here.

\b
Try it without any account:  launch-control sandbox
Run the bot:                 launch-control serve --settings launch-control.toml

Exit codes: 0 done, 1 failed, 2 usage, 3 timed out.
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, help=HELP)
@click.version_option(package_name="launch-control")
def cli() -> None:
    """Define the console command. Its help text is HELP, to keep the line breaks."""


@cli.command()
@SETTINGS
@click.option("--http", is_flag=True, help="Listen for signed HTTP requests instead of Socket Mode.")
def serve(settings_path: Path, *, http: bool) -> None:
    """Run the Slack bot until it is told to stop."""
    from handlers.serve import serve as run  # noqa: PLC0415 - imported when it runs

    _run_and_exit(lambda: run(settings_path, http=http))


@cli.command(short_help="Play with the bot on this machine, with no accounts.")
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=8765, show_default=True, help="The page's port."
)
@click.option("--scenario", default="happy", show_default=True, help="A scenario's name, or a scenario file.")
@click.option("--demo", is_flag=True, help="Type the scenario's commands, print the channel, and end.")
@click.option("--list", "list_them", is_flag=True, help="List the scenarios.")
def sandbox(port: int, scenario: str, *, demo: bool, list_them: bool) -> None:
    """Play with the bot on this machine, with no accounts: a chat page and stand-ins of every service."""
    try:
        from bot.sandbox.run import run_sandbox  # noqa: PLC0415 - imported when it runs
        from bot.sandbox.world.scenario_file import (  # noqa: PLC0415 - the same
            ScenarioError,
            read_scenario,
            scenario_names,
        )
    except ModuleNotFoundError as missing:
        _fail(
            f"The sandbox needs the package {missing.name}, which is not installed. In a checkout type: "
            "make sandbox. Elsewhere: pip install 'launch-control[sandbox]'",
            USAGE,
        )

    if list_them:
        for name in scenario_names():
            click.echo(f"{name:<26} {read_scenario(name).title}")
        return
    try:
        code = asyncio.run(
            _run_until_signal(run_sandbox(scenario, port=0 if demo else port, demo=demo, say=click.echo))
        )
    except ScenarioError as mistake:
        _fail(str(mistake), USAGE)
    except OSError as error:
        _fail(f"Port {port} cannot be used: {error.strerror}. Try another: make sandbox PORT=8766", USAGE)
    sys.exit(code)


async def _run_until_signal(work: Coroutine[Any, Any, int]) -> int:
    """Run a coroutine; cancel it on the first SIGINT or SIGTERM. Later signals are ignored."""
    task = asyncio.ensure_future(work)

    def stop() -> None:
        if not task.cancelling():
            task.cancel()

    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop)
    try:
        return await task
    except asyncio.CancelledError:
        return DONE


@cli.command(short_help="Start a training job and follow it.")
@SETTINGS
@click.argument("words", nargs=-1, metavar="[PRESET] [key=value]...")
def launch(settings_path: Path, words: tuple[str, ...]) -> None:
    """Start a training job and follow it until it is submitted.

    Example: launch-control launch bert-small lr=0.001
    """
    from handlers.cli.launch import run_launch  # noqa: PLC0415 - imported when it runs

    _run_and_exit(lambda: asyncio.run(run_launch(settings_path, words)))


@cli.command(short_help="Show runners, builds, jobs and runs of all regions.")
@SETTINGS
@click.argument("words", nargs=-1, metavar="[SECTION]... [failed] [since=2h] [region=REGION]...")
def monitor(settings_path: Path, words: tuple[str, ...]) -> None:
    """Show runners, builds, jobs and runs of all regions, with the cause of each failure.

    Sections: runners builds recent-builds jobs runs completed; without one, all six. "failed" shows only what
    failed, "since=2h" what is at work or newer, "mine" what you launched from a terminal.

    Example: launch-control monitor jobs failed region=us-central1
    """
    from handlers.cli.monitor import run_monitor  # noqa: PLC0415 - imported when it runs

    _run_and_exit(lambda: asyncio.run(run_monitor(settings_path, words)))


@cli.command(short_help="Print the store's launches.")
@SETTINGS
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--days", type=click.FloatRange(0, 3650), default=7, show_default=True, help="How far back.")
def launches(settings_path: Path, days: float, *, as_json: bool) -> None:
    """Print the store's launches, also while the bot runs."""
    from handlers.cli.launches import list_launches  # noqa: PLC0415 - imported when it runs

    _run_and_exit(lambda: asyncio.run(list_launches(settings_path, days=days, as_json=as_json)))


@cli.command(short_help="Say why a log file ended badly and what to do.")
@click.argument("file")
@click.option(
    "--source",
    type=click.Choice(["cloud_run", "vertex", "cloud_build"]),
    default="cloud_run",
    show_default=True,
    help="Which kind of program wrote the log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A settings file with causes of your own.",
)
def diagnose(file: str, source: str, settings_path: Path | None, *, as_json: bool) -> None:
    """Say why a log file ended badly and what to do; FILE may be - for standard input.

    Exit codes: 0 healthy, 1 error found, 2 not readable.
    """
    from bot.models.diagnosis import Source  # noqa: PLC0415 - imported when it runs
    from handlers.cli.diagnose import run_diagnose  # noqa: PLC0415 - the same

    _run_and_exit(
        lambda: run_diagnose(file, source=Source(source), as_json=as_json, settings_path=settings_path)
    )


def _run_and_exit(run: Callable[[], int]) -> NoReturn:
    """Run a command and exit. Errors of the user print one sentence on standard error."""
    from bot.diagnosis import RuleError  # noqa: PLC0415 - imported when it runs
    from bot.launches.permissions import Refused  # noqa: PLC0415 - the same
    from bot.models.errors import BadInput, ServiceError, StoreError  # noqa: PLC0415 - imported when it runs
    from bot.settings.loader import SettingsError  # noqa: PLC0415 - the same

    try:
        code = run()
    except (BadInput, RuleError, SettingsError) as mistake:
        _fail(str(mistake), USAGE)
    except Refused as refusal:
        _fail(f"Nothing was started. {refusal}", FAILED)
    except StoreError as failure:
        _fail(str(failure), FAILED)
    except ServiceError as error:
        _fail(f"{error.problem.system}: {error.problem.message}.", FAILED)
    except KeyboardInterrupt:
        code = FAILED
    sys.exit(code)


def _fail(sentence: str, code: int) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(code)


def main() -> None:
    """Run the console command."""
    cli(prog_name="launch-control")


if __name__ == "__main__":
    main()
