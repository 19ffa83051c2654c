"""The listener of /launch."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from bot.launches.permissions import Refused, may_launch
from bot.launches.requests import LaunchRequest, cost_of
from bot.launches.service import LaunchService
from bot.models.errors import BadInput, StoreError
from bot.ports import Clock
from bot.settings import Preset, Settings
from formatting import messages
from formatting.launch_list import status
from formatting.message import Message
from handlers.commands.parser import Cancel, Help, Presets, Start, Status, parse_launch
from handlers.slack.ephemeral import respond_ephemeral
from handlers.slack.launch_notifier import SlackLaunchNotifier

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Respond: TypeAlias = Callable[..., Awaitable[Any]]


class LaunchCommand:
    """Handles `/launch`. A launch is stored before the ack and starts after it."""

    def __init__(
        self, settings: Settings, clock: Clock, service: LaunchService, notifier: SlackLaunchNotifier
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._service = service
        self._notifier = notifier

    async def handle(self, ack: Ack, command: Mapping[str, Any], respond: Respond) -> None:
        """Handle one command. On invalid input nothing is started and the answer is ephemeral."""
        try:
            match parse_launch(command.get("text") or ""):
                case Start(preset, overrides):
                    await self._start(ack, respond, _request(command, preset, overrides))
                case Help():
                    await _ack_ephemeral(ack, messages.launch_help())
                case Presets():
                    await _ack_ephemeral(ack, self._presets(command))
                case Status():
                    await self._status(ack, respond, command)
                case Cancel(launch_id):
                    await self._cancel(ack, launch_id, command)
        except BadInput as mistake:
            await _ack_ephemeral(ack, messages.bad_input(str(mistake)))
        except Refused as refusal:
            await _ack_ephemeral(ack, messages.nothing_started(str(refusal)))
        except StoreError as failure:
            await _ack_ephemeral(ack, messages.store_error(str(failure)))

    async def _start(self, ack: Ack, respond: Respond, request: LaunchRequest) -> None:
        added = await self._service.submit(request)
        if not added.fresh:
            card = added.launch.card
            await _ack_ephemeral(ack, messages.already_launched(card.url if card else ""))
            return
        self._notifier.register_answer(added.launch.launch_id, _ephemeral_answer(respond))
        await ack()
        self._service.begin(added)

    async def _status(self, ack: Ack, respond: Respond, command: Mapping[str, Any]) -> None:
        await ack()
        try:
            message = status(await self._service.status(), self._clock.now(), command["user_id"])
        except StoreError as failure:
            message = messages.store_error(str(failure))
        await respond_ephemeral(respond, message)

    async def _cancel(self, ack: Ack, launch_id: str, command: Mapping[str, Any]) -> None:
        user = command["user_id"]
        try:
            launch = await self._service.cancel(
                launch_id, user_id=user, user_name=command.get("user_name") or user
            )
        except Refused as refusal:
            await _ack_ephemeral(ack, messages.bad_input(str(refusal)))
        else:
            await _ack_ephemeral(ack, messages.cancelling_launch(launch.name))

    def _presets(self, command: Mapping[str, Any]) -> Message:
        allowed = [
            preset
            for preset in self._settings.preset
            if may_launch(
                self._settings,
                user_id=command["user_id"],
                channel_id=command["channel_id"],
                preset=preset,
            )
        ]
        return messages.presets([_preset_summary(preset, self._settings) for preset in allowed])


def _request(
    command: Mapping[str, Any], preset: str, overrides: tuple[tuple[str, str], ...]
) -> LaunchRequest:
    user = command["user_id"]
    return LaunchRequest(
        trigger_id=command["trigger_id"],
        team_id=command.get("team_id") or "",
        channel_id=command["channel_id"],
        user_id=user,
        user_name=command.get("user_name") or user,
        text=command.get("text") or "",
        preset=preset,
        overrides=overrides,
    )


def _preset_summary(preset: Preset, settings: Settings) -> messages.PresetSummary:
    machine = preset.machine_type
    if preset.accelerator_count:
        machine = f"{machine}, {preset.accelerator_count} x {preset.accelerator_type}"
    if preset.replicas > 1:
        machine = f"{preset.replicas} machines, each {machine}"
    return messages.PresetSummary(
        name=preset.name,
        description=preset.description,
        machine=machine,
        cost=cost_of(preset),
        default=preset == settings.default,
        overrides=tuple(preset.allow),
    )


async def _ack_ephemeral(ack: Ack, message: Message) -> None:
    """Send an ephemeral answer in the ack, which also works in channels without the bot."""
    await ack(text=message.text, blocks=list(message.blocks), response_type="ephemeral")


def _ephemeral_answer(respond: Respond) -> Callable[[str], Awaitable[object]]:
    async def answer(text: str) -> object:
        return await respond(text=text, response_type="ephemeral")

    return answer
