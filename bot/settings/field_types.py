"""The field types of the settings, with their error messages."""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator


class Frozen(BaseModel):
    """Base of all tables: frozen, unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)


def _https_or_loopback(value: str) -> str:
    parts = urlsplit(value)
    host = (parts.hostname or "").replace("{region}", "x")
    if parts.scheme not in ("http", "https") or not host or not _port_is_valid(parts):
        raise ValueError("must start with https:// (or http://127.0.0.1:PORT on this machine)")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("must be https:// (plain http:// is for this machine only: http://127.0.0.1:PORT)")
    return value.rstrip("/")


def _port_is_valid(parts: SplitResult) -> bool:
    try:
        return parts.port is None or parts.port > 0
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _matching(pattern: str, message: str) -> AfterValidator:
    """Return a validator for a pattern; its error is `message` instead of the pattern."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(message)
        return value

    return AfterValidator(check)


UNLIMITED = "unlimited"


def _cap(value: object) -> int | None:
    """Return the number, or None for "unlimited"; no number switches a limit off."""
    if value == UNLIMITED:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f'must be a whole number of at least 1, or "{UNLIMITED}"')
    return value


Cap = Annotated[int | None, PlainValidator(_cap)]
Url = Annotated[str, AfterValidator(_https_or_loopback)]
UserId = Annotated[
    str,
    _matching(
        r"[UW][A-Z0-9]{2,}", "must be a Slack user id, such as U012ABCDEF: profile, then 'Copy member ID'"
    ),
]
ChannelId = Annotated[
    str,
    _matching(
        r"[CGD][A-Z0-9]{2,}",
        "must be a Slack channel id, such as C012ABCDEF: see the end of the channel's details",
    ),
]
# The agent lower-cases the project; runs of another spelling would be in a project that is not read.
LowerName = Annotated[str, Field(min_length=1, max_length=128), _matching(r"[^A-Z]*", "must be lower-case")]
Name = Annotated[str, Field(min_length=1, max_length=128)]
PresetName = Annotated[
    str,
    _matching(r"[a-z0-9][a-z0-9_-]{0,39}", "must be one word of a-z, 0-9, - and _, at most 40 characters"),
]
Region = Annotated[str, _matching(r"[a-z]+-[a-z]+\d+", "must be a Google Cloud region")]
Bucket = Annotated[str, _matching(r"gs://\S+", "must be a bucket that starts with gs://")]
StoreUrl = Annotated[
    str,
    _matching(
        r"(sqlite:///|postgresql://).+", "must start with sqlite:/// and a file name, or with postgresql://"
    ),
]
Seconds = Annotated[float, Field(gt=0, le=7 * 86_400)]
