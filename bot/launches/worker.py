"""One turn of one launch, safely: what every scheduler does with a launch that is due."""

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

# A turn that could not be taken is tried again this slowly, in seconds.
PAUSE_AFTER_ERROR = 5.0


class LaunchWorker:
    """Takes turns; nothing that goes wrong in one launch's turn reaches another launch."""

    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self._shown: set[str] = set()
        self._log = structlog.get_logger("launches")

    async def run_step(self, launch_id: str) -> datetime | None:
        """Take the launch's turn if it is due; returns when the next one is, None when it has ended."""
        try:
            launch = await self.dependencies.launches.get(launch_id)
            if launch is None:
                self._log.error("a launch is gone from the store")
                return None
            if launch.stage is not Stage.DONE and self._due(launch):
                launch = await self._advance(launch)
            elif launch.stage is not Stage.DONE:
                await self._show(launch)
        except SaveConflict:
            self._log.info("another worker saved the launch first")
            return self.dependencies.clock.now()
        except StoreError as error:
            self._log.error("the store failed", reason=str(error))
        except Exception:  # noqa: BLE001 - the entry point of a launch: one that fails must not end the others
            await self._unexpected(launch_id)
        else:
            return None if launch.stage is Stage.DONE else launch.due
        return self.dependencies.clock.now() + timedelta(seconds=PAUSE_AFTER_ERROR)

    def _due(self, launch: Launch) -> bool:
        now = self.dependencies.clock.now()
        if launch.cancel_asked is not None or launch.due <= now:
            return True
        # No step asks for a turn so far away: it was written before the clock was set back.
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
        self._shown.add(launch.launch_id)
        self._log.info("advanced", stage=launch.stage, next=after.stage, verdict=after.verdict)
        if after.stage is Stage.DONE:
            self._shown.discard(launch.launch_id)
            await self._narrow()
        return after

    async def _show(self, launch: Launch) -> None:
        """After a restart the card may lack what the store has: it is edited before the next turn is due."""
        if launch.launch_id not in self._shown and launch.card is not None:
            self._shown.add(launch.launch_id)
            await self.dependencies.notifier.edit(launch)

    async def _narrow(self) -> None:
        """Lets the poller's listings begin at the oldest launch that is still in flight."""
        with contextlib.suppress(StoreError):
            self.dependencies.poller.watch(await self.dependencies.launches.unfinished())

    async def _unexpected(self, launch_id: str) -> None:
        """Logs what nobody foresaw, and shows its number on the card."""
        correlation = secrets.token_hex(4)
        self._log.exception("a step failed in an unexpected way", correlation=correlation)
        trouble = f"something unexpected happened; tell an admin the number {correlation}"
        with contextlib.suppress(SaveConflict, StoreError):
            launch = await self.dependencies.launches.get(launch_id)
            if launch is not None:
                saved = await self.dependencies.launches.save(replace(launch, trouble=trouble))
                await self.dependencies.notifier.edit(saved)
