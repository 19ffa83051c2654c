"""The process that the `wandb` library starts (wandb-core): its options, its start, its end."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from bot.clients.wandb.errors import failure
from bot.clients.wandb.folder import Folder
from bot.clients.wandb.process_environment import limit_environment
from bot.models.errors import ProblemKind


class Core:
    """The library's process. Every method blocks, for well under a second: call it in a thread."""

    def __init__(self) -> None:
        # The library keeps a start and an end of its process apart only when they do not meet.
        self._turn = threading.Lock()
        self._folder: Folder | None = None
        self._lost = False
        self._closed = False

    def start(self) -> None:
        """Loads the library and starts its process, unless it runs. Raises ServiceError once closed."""
        with self._turn:
            if self._closed:
                raise failure(ProblemKind.UNAVAILABLE, "the bot is ending", effectless=True)
            if self._folder is None:
                self._folder = Folder()
            options = _options(self._folder.path)
            os.environ.update(options)
            if self._lost:
                _tear_down()
                self._lost = False
            import wandb  # noqa: PLC0415 - it takes half a second, and reads the environment at once

            limit_environment(options.keys())
            wandb.setup()

    def lose(self) -> None:
        """Notes that the process is gone; the library never starts another by itself."""
        self._lost = True

    def close(self) -> None:
        """Ends the process, for good; calls in it fail at once."""
        with self._turn:
            self._closed = True
            if self._folder is not None:
                _tear_down()
                self._folder.remove()


def _tear_down() -> None:
    import wandb  # noqa: PLC0415 - loaded already when this is called

    # For a process that was killed the library wants to end ours with the same exit code.
    with suppress(Exception, SystemExit):
        wandb.teardown()


def _options(folder: Path) -> dict[str, str]:
    """The library's options that it takes from the environment only."""
    return {
        "WANDB_ERROR_REPORTING": "false",  # no telemetry
        "WANDB_SILENT": "true",
        # Left alone it repeats until our deadline, and what was wrong stays in the dark.
        "WANDB_X_GRAPHQL_RETRY_MAX": "1",
        # It makes a folder for each run that it lists, and reads and writes its files at home.
        "WANDB_DIR": str(folder),
        "WANDB_CACHE_DIR": str(folder / "cache"),
        "WANDB_CONFIG_DIR": str(folder / "config"),
        "WANDB_DATA_DIR": str(folder / "data"),
    }
