"""Build a launch from a request: choose its id, and validate its preset and overrides."""

from __future__ import annotations

import difflib
import secrets
import string
from dataclasses import dataclass
from datetime import datetime

from bot.launches.deadlines import expiry_from
from bot.launches.overrides import check_overrides, example
from bot.models.cost import Cost
from bot.models.errors import BadInput
from bot.models.launch import Launch
from bot.settings import Preset, Settings

ID_ALPHABET = string.ascii_lowercase + string.digits
# Eight of [a-z0-9] are legal as a W&B run id, a Vertex AI label and an environment value.
ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class LaunchRequest:
    """A request to launch; `preset` is "" for the default one, `text` the command as typed."""

    trigger_id: str
    team_id: str
    channel_id: str
    user_id: str
    user_name: str
    text: str
    preset: str
    overrides: tuple[tuple[str, str], ...]


def new_launch_id() -> str:
    """Return a new random id from the operating system's random source."""
    return "".join(secrets.choice(ID_ALPHABET) for _ in range(ID_LENGTH))


def choose_preset(settings: Settings, name: str) -> Preset:
    """Return the preset of that name, or the default one for "".

    Raise BadInput with the names of all presets and an example.
    """
    names = [preset.name for preset in settings.preset]
    if not name:
        if settings.default is None:
            raise BadInput(
                f"There is no default preset. Name one of: {', '.join(names)}. Example: /launch {names[0]}"
            )
        return settings.default
    preset = settings.find_preset(name)
    if preset is None:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        shown = name if len(name) <= MAX_SHOWN else name[:MAX_SHOWN] + "..."
        raise BadInput(
            f"There is no preset {shown!r}.{hint} There are: {', '.join(names)}. "
            f"Example: {example(settings.preset[0])}"
        )
    return preset


MAX_SHOWN = 40  # characters of the user's input that an error message repeats


def cost_of(preset: Preset) -> Cost:
    """Return the cost data of a launch of this preset."""
    return Cost(
        price_per_hour=preset.price_per_hour,
        machines=preset.replicas,
        cap_hours=preset.timeout_hours,
        expected_hours=preset.max_hours,
    )


def new_launch(settings: Settings, request: LaunchRequest, now: datetime) -> Launch:
    """Return a new launch, not stored yet. Raise BadInput when preset or overrides are invalid."""
    preset = choose_preset(settings, request.preset)
    overrides = check_overrides(preset, request.overrides)
    launch_id = new_launch_id()
    return Launch(
        launch_id=launch_id,
        trigger_id=request.trigger_id,
        team_id=request.team_id,
        channel_id=request.channel_id,
        user_id=request.user_id,
        user_name=request.user_name,
        text=request.text,
        preset=preset.name,
        overrides=overrides,
        name=f"{preset.name}-{launch_id}",
        queue=settings.runner.queue,
        region=settings.runner.vertex_region,
        created=now,
        due=now,
        limit_seconds=settings.timing.wait,
        expires=expiry_from(settings, now, settings.timing.wait),
        cost=cost_of(preset),
    )
