"""A launch's card in a terminal: redrawn in place, or one line for each change in a file."""

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
    """A context manager that shows one launch in the terminal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._live = (
            Live(console=Console(highlight=False), auto_refresh=False) if sys.stdout.isatty() else None
        )
        self._printed: set[str] = set()

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
        """Show the current state of the launch."""
        lines = card_lines(launch, self._clock.now())
        if self._live is not None:
            self._live.update(Text("\n".join(lines)), refresh=True)
            return
        for line in lines:
            # A line that differs only in elapsed seconds is not printed again.
            key = line.split(" of ", maxsplit=1)[0].rstrip("0123456789 ▰▱")
            if key not in self._printed:
                self._printed.add(key)
                click.echo(line)


class TerminalNotifier:
    """Implements `bot.ports.LaunchNotifier` without sending anything: the command reads the store itself."""

    async def post(self, launch: Launch) -> MessageRef:  # noqa: ARG002 - the port's signature
        """Return an empty reference, as no message is posted."""
        return MessageRef(channel="", ts="")

    async def find(self, launch: Launch, *, kind: MessageKind) -> MessageRef | None:  # noqa: ARG002 - the port's
        """Return None, as no message is posted."""
        return None

    async def edit(self, launch: Launch) -> None:
        """Do nothing."""

    async def flush(self, launch: Launch) -> None:
        """Do nothing."""

    async def refuse(self, launch: Launch, reason: str) -> None:
        """Do nothing."""

    async def notify_late_job(self, launch: Launch) -> None:
        """Do nothing."""

    async def upload_chart(self, launch: Launch) -> None:
        """Do nothing: the card already shows the curve as a sparkline."""

    async def close(self, launch: Launch) -> MessageRef:  # noqa: ARG002 - the port's signature
        """Return an empty reference, as no message is posted."""
        return MessageRef(channel="", ts="")
