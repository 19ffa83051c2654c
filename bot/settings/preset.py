"""Presets: named launch configurations, who may use them, and which keys may be overridden."""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import Field, ValidationInfo, field_validator

from bot.settings.field_types import Bucket, ChannelId, Frozen, Name, PresetName, UserId

T = TypeVar("T")
CHOICE_TYPES: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}


class Allow(Frozen):
    """The rule of a key that users may override: its type, and its range or choices."""

    type: Literal["int", "float", "str", "bool"] = Field("str", title="the value's type", examples=["float"])
    min: float | None = Field(None, title="the least value", examples=[0.0001])
    max: float | None = Field(None, title="the greatest value", examples=[1.0])
    choices: tuple[str | int | float, ...] = Field((), title="the values allowed", examples=[["adam", "sgd"]])

    @field_validator("min", "max")
    @classmethod
    def _range_is_for_numbers(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("type") in ("str", "bool"):
            raise ValueError("is for the types int and float")
        return value

    @field_validator("max")
    @classmethod
    def _max_is_not_below_min(cls, value: float | None, info: ValidationInfo) -> float | None:
        least = info.data.get("min")
        if value is not None and least is not None and value < least:
            raise ValueError(f"must not be below min, which is {least:g}")
        return value

    @field_validator("choices")
    @classmethod
    def _choices_have_the_type(
        cls, value: tuple[str | int | float, ...], info: ValidationInfo
    ) -> tuple[str | int | float, ...]:
        kind = info.data.get("type")
        fits = CHOICE_TYPES.get(str(kind), ())
        if not all(isinstance(choice, fits) for choice in value):
            raise ValueError(f"must all be of the type {kind}")
        return value


class Preset(Frozen):
    """A named launch configuration."""

    name: PresetName = Field(title="the name that people type", examples=["bert-small"])
    description: str = Field("", title="one line for `/launch presets`", examples=["BERT on one L4"])
    default: bool = Field(False, title="whether `/launch` without a name uses this preset", examples=[True])
    image: Name = Field(title="the trainer's image", examples=["us-docker.pkg.dev/acme-ml/train/bert:1.4"])
    entry_point: tuple[str, ...] = Field((), title="the full command", examples=[["python", "train.py"]])
    args: tuple[str, ...] = Field((), title="arguments after the command", examples=[["--epochs", "3"]])
    machine_type: Name = Field(title="the Vertex machine type", examples=["g2-standard-8"])
    accelerator_type: str = Field("", title="the accelerator, or nothing", examples=["NVIDIA_L4"])
    accelerator_count: int = Field(
        0, ge=0, le=16, validate_default=True, title="how many accelerators", examples=[1]
    )
    replicas: int = Field(1, ge=1, le=64, title="how many machines", examples=[1])
    boot_disk_gb: int = Field(200, ge=100, le=64_000, title="the boot disk in GB", examples=[200])
    staging_bucket: Bucket = Field(title="the staging bucket", examples=["gs://acme-ml-staging"])
    service_account: str = Field(
        "", title="the job's service account", examples=["trainer@acme-ml.iam.gserviceaccount.com"]
    )
    timeout_hours: float = Field(24, gt=0, le=168, title="Vertex ends the job after this", examples=[24])
    price_per_hour: float | None = Field(
        None, ge=0, le=100_000, title="the list price of one machine for an hour, in dollars", examples=[0.85]
    )
    max_hours: float | None = Field(None, gt=0, title="how long the job is expected to take", examples=[6])
    channels: tuple[ChannelId, ...] = Field(
        (), title="channels that may use it; empty means every allowed one", examples=[["C012ABCDEF"]]
    )
    users: tuple[UserId, ...] = Field(
        (), title="people who may use it; empty means everyone allowed", examples=[["U012ABCDEF"]]
    )
    metrics: tuple[str, ...] = Field((), title="metrics to report at the end", examples=[["eval/accuracy"]])
    allow: dict[str, Allow] = Field(
        default_factory=dict, title="keys that a person may override", examples=[{"lr": {"type": "float"}}]
    )

    @field_validator("accelerator_count")
    @classmethod
    def _accelerator_count_matches_type(cls, value: int, info: ValidationInfo) -> int:
        kind = info.data.get("accelerator_type")
        if kind and not value:
            raise ValueError("must be at least 1 when there is an accelerator_type")
        if value and kind == "":
            raise ValueError("must be 0 or left out when there is no accelerator_type")
        return value

    @field_validator("timeout_hours")
    @classmethod
    def _a_job_has_a_minute(cls, value: float) -> float:
        # The agent is told whole seconds: less would become none.
        if value * 60 < 1:
            raise ValueError("must be at least 0.0167, which is one minute")
        return value

    @field_validator("max_hours")
    @classmethod
    def _max_hours_is_within_timeout(cls, value: float | None, info: ValidationInfo) -> float | None:
        cap = info.data.get("timeout_hours")
        if value is not None and cap is not None and value > cap:
            raise ValueError(f"must not be above timeout_hours, which is {cap:g}: Vertex ends the job then")
        return value

    @field_validator("args", "allow")
    @classmethod
    def _args_need_an_entry_point(cls, value: T, info: ValidationInfo) -> T:
        # The agent runs entry_point + args: args alone would replace the entrypoint of the image.
        if value and info.data.get("entry_point") == ():
            raise ValueError("needs an entry_point that holds the full command")
        return value
