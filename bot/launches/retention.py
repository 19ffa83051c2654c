"""How long launches are remembered."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import Tools

EVERY = timedelta(days=1)


class History:
    """Forgets launches that ended before the settings' `store.keep_days`: at first, then once a day."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._keep = timedelta(days=tools.settings.store.keep_days)
        self._pruned: datetime | None = None

    async def prune(self) -> None:
        """Does it if it is time to; call it as often as you like. Raises StoreError."""
        now = self._tools.clock.now()
        # In either direction, as the clock may have been set back.
        if self._pruned is None or abs(now - self._pruned) >= EVERY:
            await self._tools.launches.prune(before=now - self._keep)
            self._pruned = now
