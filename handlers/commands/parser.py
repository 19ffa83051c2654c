"""Parses the arguments of /launch and /monitor."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass
from typing import TypeAlias

from bot.models.errors import BadInput
from bot.models.scan import Section
from bot.scans.scanner import ScanRequest

# Phone keyboards replace straight quotes with these.
QUOTES = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'"})
MAX_TEXT = 2_000  # characters
MAX_SHOWN = 40
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LONGEST_SINCE = 7 * 86_400  # seconds; jobs that ended earlier are not listed


@dataclass(frozen=True, slots=True)
class Start:
    """Start a training job; `preset` is "" for the default preset."""

    preset: str
    overrides: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Help:
    """Show how the command is used."""


@dataclass(frozen=True, slots=True)
class Presets:
    """Show what this channel may launch."""


@dataclass(frozen=True, slots=True)
class Status:
    """Show the launches in flight."""


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop one launch."""

    launch_id: str


LaunchArguments: TypeAlias = Start | Help | Presets | Status | Cancel

SUBCOMMANDS: dict[str, LaunchArguments] = {"help": Help(), "presets": Presets(), "status": Status()}


def parse_launch(text: str) -> LaunchArguments:
    """Return the parsed arguments of /launch. Raise BadInput with what is allowed and an example."""
    words = _split(text, "/launch bert-small lr=0.001")
    if words and words[0] in SUBCOMMANDS:
        if len(words) > 1:
            raise BadInput(f"/launch {words[0]} takes no more words. Example: /launch {words[0]}")
        return SUBCOMMANDS[words[0]]
    if words and words[0] == "cancel":
        if len(words) != 2:  # noqa: PLR2004 - the word and the id
            raise BadInput(
                "Say which launch to cancel; /launch status lists the ids. Example: /launch cancel k3x9a2bq"
            )
        return Cancel(words[1])
    preset = words[0] if words and "=" not in words[0] else ""
    return Start(preset, tuple(_pair(word) for word in (words[1:] if preset else words)))


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not equals or not key or not value:
        raise BadInput(
            f"{_short(word)!r} is not understood: after the preset come settings as key=value. "
            "Example: /launch bert-small lr=0.001"
        )
    return key, value


def parse_monitor(text: str, regions: tuple[str, ...], *, user_id: str) -> ScanRequest:
    """Return the parsed arguments of /monitor; `mine` means rows launched by `user_id`.

    Raise BadInput with the allowed arguments and an example.
    """
    sections: list[Section] = []
    selected: list[str] = []
    failed, since, mine = False, None, ""
    for word in _split(text, "/monitor jobs region=us-central1"):
        key, equals, value = word.partition("=")
        if equals and key == "region":
            selected.append(_region(value, regions))
        elif equals and key == "since":
            since = _seconds(value)
        elif key == "mine":
            mine = value or user_id
        elif word == "failed":
            failed = True
        elif word in set(Section):
            sections.append(Section(word))
        else:
            raise BadInput(_bad_word(word))
    ordered = tuple(section for section in Section if section in sections) or tuple(Section)
    return ScanRequest(
        ordered, tuple(dict.fromkeys(selected)) or regions, failed=failed, since=since, mine=mine
    )


def monitor_words(text: str, request: ScanRequest) -> str:
    """Return the arguments in a normal form for the store: sorted, so that equal requests are equal.

    "mine" becomes "mine=USER", so that a refresh by another user shows the same rows.
    """
    words = {
        f"mine={request.mine}" if word == "mine" else word for word in shlex.split(text.translate(QUOTES))
    }
    return shlex.join(sorted(words))


def _seconds(value: str) -> float:
    number, unit = value[:-1], value[-1:]
    if unit not in UNITS or not number.isdecimal() or not 0 < int(number) * UNITS[unit] <= LONGEST_SINCE:
        raise BadInput(
            f"{_short(value)!r} is no span of time. Give a number with s, m, h or d, at most 7d. "
            "Example: /monitor since=2h"
        )
    return float(int(number) * UNITS[unit])


def _region(value: str, regions: tuple[str, ...]) -> str:
    if value not in regions:
        matches = difflib.get_close_matches(value, regions, n=1)
        hint = f" Did you mean {matches[0]}?" if matches else ""
        raise BadInput(
            f"{_short(value)!r} is no region of this scan.{hint} There are: {', '.join(regions)}. "
            f"Example: /monitor region={regions[0]}"
        )
    return value


def _bad_word(word: str) -> str:
    good = ", ".join([*Section, "mine", "failed", "since=2h", "region=us-central1", "help"])
    return (
        f"{_short(word)!r} is not understood. Good words: {good}. Example: /monitor jobs region=us-central1"
    )


def _split(text: str, example: str) -> list[str]:
    if len(text) > MAX_TEXT:
        raise BadInput(f"That is too long: at most {MAX_TEXT} characters. Example: {example}")
    try:
        return shlex.split(text.translate(QUOTES))
    except ValueError:
        raise BadInput(f"A quote is not closed. Example: {example}") from None


def _short(word: str) -> str:
    return word if len(word) <= MAX_SHOWN else word[:MAX_SHOWN] + "..."
