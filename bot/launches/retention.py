"""Deletion of old launches."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.launches.context import Dependencies

INTERVAL = timedelta(days=1)


class Retention:
    """Deletes launches that ended more than `store.keep_days` ago: on the first call, then once a day."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._dependencies = dependencies
        self._keep = timedelta(days=dependencies.settings.store.keep_days)
        self._last_run: datetime | None = None

    async def prune(self) -> None:
        """Delete old launches if the last deletion was a day ago; cheap to call often. Raise StoreError."""
        now = self._dependencies.clock.now()
        # abs: the clock may have been set back.
        if self._last_run is None or abs(now - self._last_run) >= INTERVAL:
            await self._dependencies.launches.prune(before=now - self._keep)
            self._last_run = now
