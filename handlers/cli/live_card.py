"""A launch's card in a terminal: redrawn in place, or a line for each change where nothing can be redrawn."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

import click
from rich.console import Console
from rich.live import Live
from rich.text import Text

from bot.models.launch import Launch, MessageRef
from bot.ports import Clock, MessageKind
from formatting.card.card import card_lines


class TerminalCard:
    """Shows one launch until the block ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live = (
            Live(console=Console(highlight=False), auto_refresh=False) if sys.stdout.isatty() else None
        )
        self._said: set[str] = set()

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, launch: Launch) -> None:
        """Show the launch as it now stands."""
        lines = card_lines(launch, self._clock.now())
        if self._live is not None:
            self._live.update(Text("\n".join(lines)), refresh=True)
            return
        for line in lines:
            # Seconds that pass are no news in a log file.
            news = line.split(" of ", maxsplit=1)[0].rstrip("0123456789 ▰▱")
            if news not in self._said:
                self._said.add(news)
                click.echo(line)


class TerminalNotifier:
    """Fulfils `bot.ports.Announcer` where nobody is to be told: the terminal reads the store itself."""

    async def post(self, launch: Launch) -> MessageRef:  # noqa: ARG002 - the port's signature
        """There is no message; an empty reference stands for it."""
        return MessageRef(channel="", ts="")

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:  # noqa: ARG002 - the port's
        """There is no message."""
        return None

    async def edit(self, launch: Launch) -> None:
        """Nothing to do."""

    async def flush(self, launch: Launch) -> None:
        """Nothing to do."""

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Nothing to do."""

    async def notify_late_job(self, launch: Launch) -> None:
        """Nothing to do."""

    async def upload_chart(self, launch: Launch) -> None:
        """Nothing to do: the card itself shows the curve as a line of bars."""

    async def close(self, launch: Launch) -> MessageRef:  # noqa: ARG002 - the port's signature
        """There is no message; an empty reference stands for it."""
        return MessageRef(channel="", ts="")
