"""The system clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """Implementation of `bot.ports.Clock` with the system time."""

    def now(self) -> datetime:
        """Return the current time, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock."""
        return time.monotonic()

    async def wait(self, seconds: float) -> None:
        """Sleep for that many seconds; not at all if negative."""
        await asyncio.sleep(max(0.0, seconds))
