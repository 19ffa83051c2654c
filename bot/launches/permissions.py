"""Authorisation of launches and cancels; by default nobody may launch."""

from __future__ import annotations

from bot.models.launch import Launch
from bot.ports import CapReached
from bot.settings import Preset, Settings


class Refused(Exception):  # noqa: N818 - a policy decision, not an error
    """The settings do not permit this action; the text says whom to ask."""


def authorise_launch(settings: Settings, *, user_id: str, channel_id: str, preset: Preset) -> None:
    """Raise Refused unless this person may launch this preset in this channel."""
    access = settings.access
    if not access.users or not access.channels:
        raise Refused(f"Nobody may launch yet: the settings name no people or no channels. Ask {access.ask}.")
    if user_id not in access.users:
        raise Refused(f"You may not launch with this bot. Ask {access.ask} to add you.")
    if channel_id not in access.channels:
        raise Refused(f"Launching is not allowed in this channel. Ask {access.ask}, or use another channel.")
    if preset.users and user_id not in preset.users:
        raise Refused(f"You may not launch the preset {preset.name}. Ask {access.ask}.")
    if preset.channels and channel_id not in preset.channels:
        raise Refused(f"The preset {preset.name} may not be launched in this channel. Ask {access.ask}.")


def may_launch(settings: Settings, *, user_id: str, channel_id: str, preset: Preset) -> bool:
    """Return True if `authorise_launch` permits this launch."""
    try:
        authorise_launch(settings, user_id=user_id, channel_id=channel_id, preset=preset)
    except Refused:
        return False
    return True


def too_many(reached: CapReached) -> Refused:
    """Return the Refused for a launch above a limit; it names the limit and what to do."""
    number = f"{reached.in_flight} launch{'' if reached.in_flight == 1 else 'es'} in flight"
    if reached.per_person:
        return Refused(
            f"You have {number} and the limit is {reached.cap} ([limits] in_flight_per_person). "
            "Wait for one to end, or cancel one: /launch cancel ID."
        )
    verb = "is" if reached.in_flight == 1 else "are"
    return Refused(
        f"There {verb} {number} and the limit for everybody together is {reached.cap} ([limits] in_flight). "
        "Wait for one to end; /launch status lists them."
    )


def authorise_cancel(settings: Settings, launch: Launch, user_id: str) -> None:
    """Raise Refused unless the user is the launcher or an admin."""
    if user_id != launch.user_id and user_id not in settings.access.admins:
        raise Refused(
            f"Only {launch.user_name} or an admin may cancel this launch. Ask {settings.access.ask}."
        )
