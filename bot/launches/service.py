"""The desk: where the doors hand in what people ask for. Nothing here waits for an outside system."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.launches.permissions import Refused, authorise_cancel, authorise_launch, too_many
from bot.launches.requests import LaunchRequest, choose_preset, new_launch
from bot.models.errors import BadInput, StoreError
from bot.models.launch import Launch, Stage
from bot.ports import Added, Audit, AuditEntry, CapReached, Caps, Clock, Launches, SaveConflict
from bot.settings import Settings

TRIES = 5  # saves of a cancel against a launch that is being advanced


class LaunchService:
    """Takes requests, cancels and questions; `wake` tells the scheduler of a launch that wants a turn."""

    def __init__(
        self, settings: Settings, clock: Clock, launches: Launches, audit: Audit, wake: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._launches = launches
        self._audit = audit
        self._wake = wake

    async def submit(self, request: LaunchRequest) -> Added:
        """Store a launch; it exists once this returns, and nothing was started if it raises.

        Raise BadInput for words that mean no launch, Refused for people who may not or when a limit of
        the settings is reached, StoreError when the insert failed or took longer than `timing.insert`.
        """
        preset = choose_preset(self._settings, request.preset)
        if request.channel_id:
            await self._authorise(request, preset.name)
        launch = new_launch(self._settings, request, self._clock.now())
        try:
            async with asyncio.timeout(self._settings.timing.insert):
                return await self._add(launch)
        except CapReached as reached:
            refusal = too_many(reached)
            await self._audit_refusal(request, preset.name, refusal)
            raise refusal from None
        except TimeoutError:
            raise StoreError("Nothing was started: the launch could not be stored in time.") from None
        except StoreError as failure:
            raise StoreError(f"Nothing was started. {failure}") from failure

    async def _add(self, launch: Launch) -> Added:
        timing, limits = self._settings.timing, self._settings.limits
        caps = Caps(per_person=limits.in_flight_per_person, overall=limits.in_flight)
        return await self._launches.add(launch, dedup_window=timing.dedup_window, caps=caps)

    def begin(self, added: Added) -> None:
        """Lets a stored launch begin; call it once the person has their answer."""
        self._wake(added.launch.launch_id)

    async def cancel(self, launch_id: str, *, user_id: str, user_name: str) -> Launch:
        """Asks for a launch to be cancelled and returns it as it then stands; `advance` carries it out.

        Raise BadInput when there is none to cancel, Refused when this person may not, StoreError when
        the store failed, or took longer than the settings' `timing.insert`.
        """
        asking = asyncio.ensure_future(self._cancel(launch_id, user_id=user_id, user_name=user_name))
        # Not cancelled when it is late: to ask twice is harmless, a write that was cut off is not.
        over, _ = await asyncio.wait([asking], timeout=self._settings.timing.insert)
        if not over:
            asking.add_done_callback(_hear)
            raise StoreError("The store did not answer in time. If the card does not say so, ask again.")
        return asking.result()

    async def _cancel(self, launch_id: str, *, user_id: str, user_name: str) -> Launch:
        for _ in range(TRIES):
            launch = await self.find(launch_id)
            authorise_cancel(self._settings, launch, user_id)
            if launch.ended is not None or launch.stage is Stage.DONE:
                raise BadInput(f"The launch {launch_id} has ended already. Nothing was cancelled.")
            if launch.cancel_asked is not None:
                return launch
            asked = replace(
                launch, cancel_by=user_name, cancel_asked=self._clock.now(), due=self._clock.now()
            )
            try:
                saved = await self._launches.save(asked)
            except SaveConflict:
                continue
            self._wake(launch_id)
            return saved
        raise StoreError("The launch is changing too fast to cancel it. Try again in a moment.")

    async def find(self, launch_id: str) -> Launch:
        """One launch. Raise BadInput when there is none with this id."""
        launch = await self._launches.get(launch_id)
        if launch is None:
            raise BadInput(
                f"There is no launch {launch_id[:40]!r}. Type /launch status for the ids. "
                "Example: /launch cancel k3x9a2bq"
            )
        return launch

    async def status(self) -> tuple[Launch, ...]:
        """Return the launches in flight and those of the last day, newest first."""
        return await self._launches.recent(since=self._clock.now() - timedelta(days=1))

    async def _authorise(self, request: LaunchRequest, preset_name: str) -> None:
        preset = choose_preset(self._settings, preset_name)
        try:
            authorise_launch(
                self._settings, user_id=request.user_id, channel_id=request.channel_id, preset=preset
            )
        except Refused as refusal:
            await self._audit_refusal(request, preset_name, refusal)
            raise

    async def _audit_refusal(self, request: LaunchRequest, preset_name: str, refusal: Refused) -> None:
        await self._audit.record(
            AuditEntry(
                at=self._clock.now(),
                actor=request.user_id,
                action="launch",
                target=preset_name,
                outcome="refused",
                detail=str(refusal),
            )
        )


def _hear(task: asyncio.Task[Launch]) -> None:
    """Nobody else asks for the end of what came too late."""
    if not task.cancelled():
        task.exception()
