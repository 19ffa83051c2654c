"""How long launches are remembered."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import Dependencies

EVERY = timedelta(days=1)


class Retention:
    """Forgets launches that ended before the settings' `store.keep_days`: at first, then once a day."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._keep = timedelta(days=dependencies.settings.store.keep_days)
        self._pruned: datetime | None = None

    async def prune(self) -> None:
        """Do it if it is time to; call it as often as you like. Raise StoreError."""
        now = self._dependencies.clock.now()
        # In either direction, as the clock may have been set back.
        if self._pruned is None or abs(now - self._pruned) >= EVERY:
            await self._dependencies.launches.prune(before=now - self._keep)
            self._pruned = now
