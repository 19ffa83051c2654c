"""Looks one event up in a table of causes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.diagnosis.cause import Cause
from bot.diagnosis.needles import needle_of
from bot.models.diagnosis import Source


@dataclass(frozen=True, slots=True)
class Match:
    """A cause that fits a text: `start` and `end` (characters) of what fitted, and the parts it caught."""

    cause: Cause
    start: int
    end: int
    parts: tuple[tuple[str, str], ...]

    def advice(self) -> str:
        """Returns the advice with the caught parts put in; parts that caught nothing read as "it"."""
        known = dict(self.parts)
        return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1]) or "it", self.cause.advice)


@dataclass(frozen=True, slots=True)
class _Compiled:
    cause: Cause
    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    unless: tuple[re.Pattern[str], ...]

    def fits(self, exception: str, source: Source) -> bool:
        cause = self.cause
        return (not cause.sources or source in cause.sources) and (
            not cause.exceptions or _named(exception, cause.exceptions)
        )

    def search(self, text: str, lowered: str) -> Match | None:
        if not self.patterns:
            return Match(self.cause, 0, 0, ())
        for needle, pattern in self.patterns:
            if needle in lowered and (found := pattern.search(text)) is not None:
                if any(other.search(text) for other in self.unless):
                    return None
                parts = tuple((k, v) for k, v in found.groupdict().items() if v)
                return Match(self.cause, found.start(), found.end(), parts)
        return None


class Table:
    """A table of causes, ready to be asked; earlier causes win among equally strong ones."""

    def __init__(self, causes: Sequence[Cause]) -> None:
        ordered = sorted(causes, key=lambda cause: -cause.strength)
        self._causes = [
            _Compiled(
                cause,
                tuple((needle_of(p), compiled(p)) for p in cause.patterns),
                tuple(compiled(p) for p in cause.unless),
            )
            for cause in ordered
        ]

    def match(self, text: str, *, exception: str, source: Source) -> Match | None:
        """Returns the strongest cause of `text`; `exception` is its dotted class, "" for a plain line."""
        if "\\" in text:
            text = text.replace("\\'", "'").replace('\\"', '"')
        lowered = text.lower()
        for one in self._causes:
            if one.fits(exception, source):
                found = one.search(text, lowered)
                if found is not None:
                    return found
        return None


def compiled(pattern: str) -> re.Pattern[str]:
    """Returns the pattern, case-blind and, if it begins with a letter, only at the beginning of a word."""
    return re.compile(f"(?<![A-Za-z]){pattern}" if pattern[:1].isalpha() else pattern, re.IGNORECASE)


def _named(exception: str, names: tuple[str, ...]) -> bool:
    return bool(exception) and any(exception == n or exception.endswith("." + n) for n in names)


@lru_cache(maxsize=8)
def table_of(causes: tuple[Cause, ...]) -> Table:
    """Returns the table of these causes; compiled on first use, as a table has hundreds of patterns."""
    return Table(causes)
