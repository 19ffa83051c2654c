"""One turn of one launch, safely: what every scheduler does with a launch that is due."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import replace

import structlog

from bot.errors import StoreError
from bot.launches.advance import advance
from bot.launches.turn import Tools
from bot.models.launch import Launch, Stage
from bot.ports import SaveConflict


class Driver:
    """Takes turns; nothing that goes wrong in one launch's turn reaches another launch."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._log = structlog.get_logger("launches")

    async def turn(self, launch_id: str) -> Launch | None:
        """The launch after its turn, or as it stands when it is not due yet or has ended.

        None when the turn could not be taken and is to be tried again.
        """
        try:
            launch = await self.tools.launches.get(launch_id)
            if launch is None:
                self._log.error("a launch is gone from the store", launch=launch_id)
                return None
            if launch.stage is Stage.DONE or not self._due(launch):
                return launch
            after = await advance(launch, self.tools)
        except SaveConflict:
            self._log.info("another worker saved the launch first")
            return None
        except StoreError as error:
            self._log.error("the store failed", reason=str(error))
            return None
        except Exception:  # noqa: BLE001 - the entry point of a launch: one that fails must not end the others
            await self._unexpected(launch_id)
            return None
        self._log.info("advanced", stage=launch.stage, next=after.stage, verdict=after.verdict)
        if after.stage is Stage.DONE:
            await self._narrow()
        return after

    def _due(self, launch: Launch) -> bool:
        return launch.cancel_asked is not None or launch.due <= self.tools.clock.now()

    async def _narrow(self) -> None:
        """Lets the poller's listings begin at the oldest launch that still waits for its job."""
        with contextlib.suppress(StoreError):
            unfinished = await self.tools.launches.unfinished()
            self.tools.poller.watch(tuple(launch for launch in unfinished if launch.job is None))

    async def _unexpected(self, launch_id: str) -> None:
        """Logs what nobody foresaw, and shows its number on the card."""
        correlation = secrets.token_hex(4)
        self._log.exception("a step failed in an unexpected way", correlation=correlation)
        trouble = f"something unexpected happened; tell an admin the number {correlation}"
        with contextlib.suppress(SaveConflict, StoreError):
            launch = await self.tools.launches.get(launch_id)
            if launch is not None:
                saved = await self.tools.launches.save(replace(launch, trouble=trouble))
                await self.tools.announcer.edit(saved)
