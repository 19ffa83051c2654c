"""Use cases behind /launch; never calls an external API."""

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

TRIES = 5  # save attempts of a cancel, each of which a concurrent step may win


class LaunchService:
    """Submits, cancels and lists launches; `wake` makes the scheduler run the next step of a launch."""

    def __init__(
        self, settings: Settings, clock: Clock, launches: Launches, audit: Audit, wake: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._launches = launches
        self._audit = audit
        self._wake = wake

    async def submit(self, request: LaunchRequest) -> Added:
        """Store a launch and return it. If this raises, nothing was stored or started.

        Raise BadInput when the request is invalid, Refused when the user may not launch or a limit of the
        settings is reached, StoreError when the insert failed or took longer than `timing.insert`.
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
        """Start the first step of a stored launch; call it after the command was acknowledged."""
        self._wake(added.launch.launch_id)

    async def cancel(self, launch_id: str, *, user_id: str, user_name: str) -> Launch:
        """Request the cancellation of a launch and return the launch; `advance` carries it out.

        Raise BadInput when the launch is unknown or has ended, Refused when the user may not cancel it,
        StoreError when the store failed or took longer than `timing.insert`.
        """
        task = asyncio.ensure_future(self._cancel(launch_id, user_id=user_id, user_name=user_name))
        # A late write is not cancelled: a second request is harmless, an interrupted write is not.
        done, _ = await asyncio.wait([task], timeout=self._settings.timing.insert)
        if not done:
            task.add_done_callback(_retrieve_exception)
            raise StoreError("The store did not answer in time. If the card does not say so, ask again.")
        return task.result()

    async def _cancel(self, launch_id: str, *, user_id: str, user_name: str) -> Launch:
        for _ in range(TRIES):
            launch = await self.find(launch_id)
            authorise_cancel(self._settings, launch, user_id)
            if launch.ended is not None or launch.stage is Stage.DONE:
                raise BadInput(f"The launch {launch_id} has ended already. Nothing was cancelled.")
            if launch.cancel_asked is not None:
                return launch
            changed = replace(
                launch, cancel_by=user_name, cancel_asked=self._clock.now(), due=self._clock.now()
            )
            try:
                saved = await self._launches.save(changed)
            except SaveConflict:
                continue
            self._wake(launch_id)
            return saved
        raise StoreError("The launch is changing too fast to cancel it. Try again in a moment.")

    async def find(self, launch_id: str) -> Launch:
        """Return the launch with this id. Raise BadInput when there is none."""
        launch = await self._launches.get(launch_id)
        if launch is None:
            raise BadInput(
                f"There is no launch {launch_id[:40]!r}. Type /launch status for the ids. "
                "Example: /launch cancel k3x9a2bq"
            )
        return launch

    async def status(self) -> tuple[Launch, ...]:
        """Return the unfinished launches and those of the last day, newest first."""
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


def _retrieve_exception(task: asyncio.Task[Launch]) -> None:
    """Mark the exception of a late task as retrieved, so that asyncio does not log it."""
    if not task.cancelled():
        task.exception()
