"""The machine's clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Fulfils `bot.ports.Clock` with the machine's time."""

    def now(self) -> datetime:
        """Return the time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        return time.monotonic()

    async def wait(self, seconds: float) -> None:
        """Return after that many seconds; cancelling the task ends it early."""
        await asyncio.sleep(max(0.0, seconds))
