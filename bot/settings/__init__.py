"""The settings: one TOML file, parsed once into frozen values. Secrets come from the environment.

Every field has a title and an example; `bot.settings.loader` reports mistakes as sentences with the file,
the key and the example.
"""

from __future__ import annotations

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator

from bot.models.regions import REGIONS
from bot.settings.field_types import Frozen, Region
from bot.settings.preset import Allow, Preset
from bot.settings.sections import Access, Google, Limits, LogReading, Runner, Slack, Store, Timing, Wandb

__all__ = [
    "Access",
    "Allow",
    "Google",
    "Limits",
    "LogReading",
    "Preset",
    "Runner",
    "Secrets",
    "Settings",
    "Slack",
    "Store",
    "Timing",
    "Wandb",
]


class Settings(Frozen):
    """All settings of the settings file."""

    google: Google
    runner: Runner
    wandb: Wandb
    preset: tuple[Preset, ...] = Field(min_length=1, title="the presets", examples=["[[preset]]"])
    default_preset: str = Field("", title="the preset of `/launch` without a name", examples=["bert-small"])
    access: Access = Access()
    limits: Limits = Limits()
    store: Store = Store()
    timing: Timing = Timing()
    slack: Slack = Slack()
    logs: LogReading = LogReading()
    regions: tuple[Region, ...] = Field(
        REGIONS, min_length=1, title="the regions of a scan", examples=[["us-central1"]]
    )
    cause: tuple[dict[str, object], ...] = Field(
        (), title="custom rules for the diagnosis", examples=["[[cause]]"]
    )

    @field_validator("preset")
    @classmethod
    def _presets_differ(cls, value: tuple[Preset, ...]) -> tuple[Preset, ...]:
        names = [preset.name for preset in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"has two presets called {', '.join(twice)}")
        return value

    @field_validator("default_preset")
    @classmethod
    def _default_is_a_preset(cls, value: str, info: ValidationInfo) -> str:
        names = [preset.name for preset in info.data.get("preset", ())]
        if value and names and value not in names:
            raise ValueError(f"must be the name of a preset; there are: {', '.join(names)}")
        return value

    @model_validator(mode="after")
    def _one_default(self) -> Settings:
        defaults = {preset.name for preset in self.preset if preset.default} | ({self.default_preset} - {""})
        if len(defaults) > 1:
            raise ValueError(f"there are two defaults, {' and '.join(sorted(defaults))}: keep one")
        return self

    @property
    def default(self) -> Preset | None:
        """The default preset, if there is one."""
        for preset in self.preset:
            if preset.default or preset.name == self.default_preset:
                return preset
        return self.preset[0] if len(self.preset) == 1 else None

    def find_preset(self, name: str) -> Preset | None:
        """Return the preset with this name, or None."""
        return next((preset for preset in self.preset if preset.name == name), None)


class Secrets(Frozen):
    """Secrets, read from the environment only."""

    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    wandb_api_key: SecretStr = SecretStr("")
