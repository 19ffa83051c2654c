"""Looks one event up in a table of causes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.diagnosis.keywords import KeywordIndex, lower, pattern_hints
from bot.diagnosis.rules.rule import LINE, Rule
from bot.models.diagnosis import Source


@dataclass(frozen=True, slots=True)
class Match:
    """A cause that fits a text: `start` and `end` (characters) of what fitted, and the parts it caught."""

    rule: Rule
    start: int
    end: int
    parts: tuple[tuple[str, str], ...]

    def advice(self) -> str:
        """Return the advice with the caught parts put in; parts that caught nothing read as "it"."""
        known = dict(self.parts)
        return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1]) or "it", self.rule.advice)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way in which a cause is recognised: a pattern, or (None) its exception class alone."""

    rule: Rule
    pattern: re.Pattern[str] | None
    prefixes: tuple[str, ...]
    unless: tuple[re.Pattern[str], ...]
    raised_in: tuple[re.Pattern[str], ...]

    def fits(self, source: Source, where: str) -> bool:
        """Return whether the cause is for logs of this kind and for what was raised there."""
        if self.rule.sources and source not in self.rule.sources:
            return False
        return not self.raised_in or any(place.search(where) for place in self.raised_in)

    def search(self, text: str, lowered: str) -> tuple[int, int, dict[str, str | None]] | None:
        """Return the first place that fits, and what it caught; tried only where a known start stands."""
        if self.pattern is None:
            return 0, 0, {}
        if not self.prefixes:
            found = self.pattern.search(text)
        else:
            places = sorted(at for start in self.prefixes for at in _places(lowered, start))
            found = next((m for at in places if (m := self.pattern.match(text, at)) is not None), None)
        return (found.start(), found.end(), found.groupdict()) if found is not None else None


class RuleMatcher:
    """A table of causes, ready to be asked; earlier causes win among equally strong ones."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        ways: list[_Way] = []
        by_word: dict[str, list[int]] = {}
        by_name: dict[str, list[int]] = {}
        for rule in sorted(rules, key=lambda rule: -rule.specificity):
            unless = tuple(compile_pattern(p) for p in rule.unless)
            raised_in = tuple(re.compile(p) for p in rule.raised_in)
            for pattern in rule.patterns or (None,):
                hints = pattern_hints(pattern or "")
                for word in hints.keywords or ("",):
                    by_word.setdefault(word, []).append(len(ways))
                for name in rule.exceptions or ("",):
                    by_name.setdefault(name, []).append(len(ways))
                ways.append(
                    _Way(
                        rule, compile_pattern(pattern) if pattern else None, hints.prefixes, unless, raised_in
                    )
                )
        self._ways = ways
        self._words = KeywordIndex(by_word)
        self._by_name = {name: frozenset(numbers) for name, numbers in by_name.items()}

    def match(self, text: str, *, exception: str, source: Source, where: str = "") -> Match | None:
        """Return the strongest cause of `text`.

        `exception` is its dotted class ("" for a plain line) and `where` tells where it was raised.
        """
        if "\\" in text:
            text = text.replace("\\'", "'").replace('\\"', '"')
        lowered = lower(text)
        barred = ""
        for number in sorted(self._words.lookup(lowered) & self._named(exception)):
            way = self._ways[number]
            rule = way.rule
            if rule.id == barred or not way.fits(source, where):
                continue
            if (found := way.search(text, lowered)) is None:
                continue
            if not any(other.search(text) for other in way.unless):
                start, end, caught = found
                return Match(rule, start, end, tuple((k, v) for k, v in caught.items() if v))
            barred = rule.id
        return None

    def _named(self, exception: str) -> set[int]:
        """Return the ways that fit an exception class: by its dotted name, its ends, or any class."""
        fits = set(self._by_name.get("", ()))
        if not exception:
            fits |= self._by_name.get(LINE, frozenset())
        while exception:
            fits |= self._by_name.get(exception, frozenset())
            exception = exception.partition(".")[2]
        return fits


def _places(text: str, word: str) -> Iterator[int]:
    """Yield where a word stands in a text, from left to right."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the pattern, case-blind and, if it begins with a letter, only at the beginning of a word."""
    return re.compile(f"(?<![A-Za-z]){pattern}" if pattern[:1].isalpha() else pattern, re.IGNORECASE)


@lru_cache(maxsize=8)
def matcher_for(rules: tuple[Rule, ...]) -> RuleMatcher:
    """Return the table of these causes; compiled on first use, as a table has hundreds of patterns."""
    return RuleMatcher(rules)
