"""Extracts from regular expressions the literal keywords they need, so that few patterns are tried."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_SPECIAL = frozenset(".^$*+?{}[]()|\\")
_QUANTIFIER = re.compile(
    r"(?:(?P<may>[?*]|\{0*,\d*\}|\{0+\})|(?P<must>\+|\{\d+(?:,\d*)?\}))[?+]?",
)
_GROUP_START = re.compile(r"\((?:\?(?:-i)?:|\?P<\w+>|(?!\?))")
_LOOKAROUND = re.compile(r"\(\?<?.")
_ZERO_WIDTH = frozenset({"^", "$", "\\b", "\\B"})
_NONE: tuple[str, ...] = ()
#: Maximum number of prefixes of a pattern, their maximum length, and the minimum length at which they help.
_MAX_PREFIXES, _MAX_PREFIX_LENGTH, _MIN_PREFIX_LENGTH = 40, 24, 3


class Hints(NamedTuple):
    """What a text must contain for a pattern to match, in lower case.

    `keywords`: at least one of these occurs in the text (() if unknown). `prefixes`: the match begins with
    one of these (() if unknown).
    """

    keywords: tuple[str, ...]
    prefixes: tuple[str, ...]


class _Requirement(NamedTuple):
    """The hints of a part of a pattern. A prefix with the value True is the complete part."""

    keywords: tuple[str, ...]
    prefixes: dict[str, bool]


_ANYTHING = _Requirement(_NONE, {"": False})
_EMPTY = _Requirement(_NONE, {"": True})


def pattern_hints(pattern: str) -> Hints:
    """Return the hints of a regular expression in the syntax of `re`, without inline flags."""
    part = _PatternParser(pattern).alternatives()
    prefixes = tuple(part.prefixes) if min(map(len, part.prefixes)) >= _MIN_PREFIX_LENGTH else _NONE
    return Hints(part.keywords, prefixes)


class _PatternParser:
    """Parses a pattern from left to right; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternatives(self) -> _Requirement:
        """Return the requirement that all branches share, up to the end of the pattern or group."""
        branches = [self._sequence()]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self._sequence())
        all_have = all(branch.keywords for branch in branches)
        keywords = dict.fromkeys(word for branch in branches for word in branch.keywords)
        prefixes: dict[str, bool] = {}
        for branch in branches:
            _add(prefixes, branch.prefixes)
        return _Requirement(tuple(keywords) if all_have else _NONE, prefixes)

    def _sequence(self) -> _Requirement:
        found: list[tuple[str, ...]] = [_NONE]
        literal, prefixes = "", {"": True}
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            plain, part = self._atom()
            quantifier = _QUANTIFIER.match(self.pattern, self.at)
            if quantifier is not None:
                self.at = quantifier.end()
                part = _repeated(part, quantifier)
            prefixes = _followed(prefixes, part.prefixes)
            if plain and part.keywords:
                literal += plain
            if not plain or quantifier is not None:
                found += [(literal,) if literal else _NONE, _NONE if plain else part.keywords]
                literal = ""
        return _Requirement(max([*found, (literal,) if literal else _NONE], key=_selectivity), prefixes)

    def _atom(self) -> tuple[str, _Requirement]:
        """Read one atom; return its character if it is a literal, else "", and its requirement."""
        char = self.pattern[self.at]
        if char == "(":
            return "", self._group()
        if char == "[":
            self._set()
            return "", _ANYTHING
        self.at += 1
        if char == "\\":
            char += self.pattern[self.at : self.at + 1]
            self.at += 1
        if char in _ZERO_WIDTH:
            return "", _EMPTY
        if char in _SPECIAL or (len(char) > 1 and char[1].isalnum()):
            return "", _ANYTHING
        plain = char[-1].lower()
        return plain, _Requirement((plain,), {plain: True})

    def _group(self) -> _Requirement:
        """Read a group; lookarounds add no requirement."""
        group = _GROUP_START.match(self.pattern, self.at)
        lookaround = _LOOKAROUND.match(self.pattern, self.at)
        self.at = group.end() if group else (lookaround.end() + 1 if lookaround else self.at + 1)
        part = self.alternatives()
        self.at += 1
        return part if group else _EMPTY

    def _set(self) -> None:
        self.at += 2 if self.pattern[self.at + 1 : self.at + 2] == "^" else 1
        self.at += 1 if self.pattern[self.at : self.at + 1] == "]" else 0
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1


def _repeated(part: _Requirement, quantifier: re.Match[str]) -> _Requirement:
    """Return a part's requirement with its quantifier applied."""
    if quantifier["must"]:
        return _Requirement(part.keywords, dict.fromkeys(part.prefixes, False))
    prefixes = dict(part.prefixes) if quantifier["may"] == "?" else dict.fromkeys(part.prefixes, False)
    _add(prefixes, {"": True})
    return _Requirement(_NONE, prefixes)


def _followed(prefixes: dict[str, bool], by: dict[str, bool]) -> dict[str, bool]:
    """Return the prefixes of a part that is followed by another part."""
    joined: dict[str, bool] = {}
    for start, whole in prefixes.items():
        if not whole or len(start) >= _MAX_PREFIX_LENGTH:
            _add(joined, {start: False})
        else:
            _add(joined, {start + more: ends for more, ends in by.items()})
    return joined if len(joined) <= _MAX_PREFIXES else dict.fromkeys(prefixes, False)


def _add(prefixes: dict[str, bool], more: dict[str, bool]) -> None:
    """Merge prefixes; a prefix is complete only if it is complete in both."""
    for start, whole in more.items():
        prefixes[start] = prefixes.get(start, True) and whole


def _selectivity(words: tuple[str, ...]) -> tuple[int, int]:
    return min((len(word) for word in words), default=0), -len(words)


def lower(text: str) -> str:
    """Return the text in lower case and of the same length (one letter alone would become two)."""
    return text.replace("\u0130", "i").lower()


class KeywordIndex:
    """Maps keywords in lower case to ids; candidates are found by their rarest four characters."""

    def __init__(self, numbers: Mapping[str, Iterable[int]]) -> None:
        uses = Counter(ngram for word in numbers for ngram in set(_ngrams(word)))
        self._by_ngram: dict[str, list[tuple[str, frozenset[int]]]] = {}
        self._short: list[tuple[str, frozenset[int]]] = []
        for word, ids in numbers.items():
            rarest = min(_ngrams(word), key=lambda ngram: uses[ngram], default="")
            known = self._by_ngram.setdefault(rarest, []) if rarest else self._short
            known.append((word, frozenset(ids)))

    def lookup(self, lowered: str) -> set[int]:
        """Return the ids of all keywords in a text in lower case; linear in its length."""
        found: set[int] = set()
        for word, ids in self._short:
            if word in lowered:
                found |= ids
        for ngram in self._by_ngram.keys() & set(_ngrams(lowered)):
            for word, ids in self._by_ngram[ngram]:
                if word in lowered:
                    found |= ids
        return found


def _ngrams(text: str) -> Iterator[str]:
    return map("".join, zip(text, text[1:], text[2:], text[3:], strict=False))


class PatternSet:
    """Case-insensitive patterns; each is tried only on texts that contain one of its keywords."""

    def __init__(self, *patterns: str) -> None:
        self._known = [(pattern_hints(p).keywords, re.compile(p, re.IGNORECASE)) for p in patterns]

    def matches(self, text: str) -> bool:
        """Return whether any pattern matches the text."""
        lowered = lower(text)
        return any(
            pattern.search(text) is not None
            for keywords, pattern in self._known
            if not keywords or any(word in lowered for word in keywords)
        )
