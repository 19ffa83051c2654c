"""Runs a single step of a launch with error handling; shared by both schedulers."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.launches.context import Dependencies
from bot.launches.state_machine import advance
from bot.models.errors import StoreError
from bot.models.launch import Launch, Stage
from bot.ports import SaveConflict

# The pause before a step that failed is retried, in seconds.
PAUSE_AFTER_ERROR = 5.0


class LaunchWorker:
    """Runs steps; an error in one launch never affects another launch."""

    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self._refreshed: set[str] = set()
        self._log = structlog.get_logger("launches")

    async def run_step(self, launch_id: str) -> datetime | None:
        """Run the next step of the launch if it is due.

        Return when the next step is due, or None when the launch has ended. Errors are logged, not raised.
        """
        try:
            launch = await self.dependencies.launches.get(launch_id)
            if launch is None:
                self._log.error("launch not found in the store")
                return None
            if launch.stage is not Stage.DONE and self._is_due(launch):
                launch = await self._advance(launch)
            elif launch.stage is not Stage.DONE:
                await self._refresh_card(launch)
        except SaveConflict:
            self._log.info("another worker saved the launch first")
            return self.dependencies.clock.now()
        except StoreError as error:
            self._log.error("the store failed", reason=str(error))
        except Exception:  # noqa: BLE001 - the entry point of a launch: its failure must not end the others
            await self._record_unexpected(launch_id)
        else:
            return None if launch.stage is Stage.DONE else launch.due
        return self.dependencies.clock.now() + timedelta(seconds=PAUSE_AFTER_ERROR)

    def _is_due(self, launch: Launch) -> bool:
        now = self.dependencies.clock.now()
        if launch.cancel_asked is not None or launch.due <= now:
            return True
        # No step schedules that far ahead: the clock has been set back since the due time was saved.
        return launch.due > now + timedelta(seconds=2 * self._longest_pause())

    def _longest_pause(self) -> float:
        timing = self.dependencies.settings.timing
        return max(
            timing.follow_last,
            timing.follow_first,
            timing.log_grace,
            timing.not_found_grace,
            timing.poll * 20,
        )

    async def _advance(self, launch: Launch) -> Launch:
        after = await advance(launch, self.dependencies)
        self._refreshed.add(launch.launch_id)
        self._log.info("advanced", stage=launch.stage, next=after.stage, verdict=after.verdict)
        if after.stage is Stage.DONE:
            self._refreshed.discard(launch.launch_id)
            await self._update_poller()
        return after

    async def _refresh_card(self, launch: Launch) -> None:
        """Edit the card once after a restart, before the next step is due: it may be older than the store."""
        if launch.launch_id not in self._refreshed and launch.card is not None:
            self._refreshed.add(launch.launch_id)
            await self.dependencies.notifier.edit(launch)

    async def _update_poller(self) -> None:
        """Limit the poller's listings to jobs newer than the oldest unfinished launch."""
        with contextlib.suppress(StoreError):
            self.dependencies.poller.watch(await self.dependencies.launches.unfinished())

    async def _record_unexpected(self, launch_id: str) -> None:
        """Log an unexpected exception and show its correlation id on the card."""
        correlation = secrets.token_hex(4)
        self._log.exception("a step raised an unexpected exception", correlation=correlation)
        trouble = f"something unexpected happened; tell an admin the number {correlation}"
        with contextlib.suppress(SaveConflict, StoreError):
            launch = await self.dependencies.launches.get(launch_id)
            if launch is not None:
                saved = await self.dependencies.launches.save(replace(launch, trouble=trouble))
                await self.dependencies.notifier.edit(saved)
