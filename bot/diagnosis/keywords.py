"""Reads out of a pattern which plain words it needs: looking for words is far cheaper."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

_SPECIAL = frozenset(".^$*+?{}[]()|\\")
_QUANTIFIER = re.compile(
    r"(?:(?P<may>[?*]|\{0*,\d*\}|\{0+\})|(?P<must>\+|\{\d+(?:,\d*)?\}))[?+]?",
)
_OPENS = re.compile(r"\((?:\?(?:-i)?:|\?P<\w+>|(?!\?))")
_AHEAD_OR_BEHIND = re.compile(r"\(\?<?.")
_ZERO_WIDTH = frozenset({"^", "$", "\\b", "\\B"})
_NONE: tuple[str, ...] = ()
#: Starts of a pattern, at most, and the characters of one; a start that says less is of no use.
_MOST, _LONGEST, _SHORTEST = 40, 24, 3


class Hints(NamedTuple):
    """What a text must hold for a pattern to fit, in lower case.

    `needles`: one of these words (() if none is sure). `starts`: what fits begins with one of these (() if
    that is not known).
    """

    keywords: tuple[str, ...]
    prefixes: tuple[str, ...]


class _Part(NamedTuple):
    """The same of a part of a pattern; a start that is `True` is the whole part, others go on somehow."""

    keywords: tuple[str, ...]
    prefixes: dict[str, bool]


_ANYTHING = _Part(_NONE, {"": False})
_NOTHING = _Part(_NONE, {"": True})


def pattern_hints(pattern: str) -> Hints:
    """Return the hints of a regular expression as `re` reads it (without flags inside it)."""
    part = _Reader(pattern).alternatives()
    prefixes = tuple(part.prefixes) if min(map(len, part.prefixes)) >= _SHORTEST else _NONE
    return Hints(part.keywords, prefixes)


class _Reader:
    """Reads a pattern from left to right; `at` is the next character."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def alternatives(self) -> _Part:
        """Return what the branches up to the end, or to the group's end, have in common."""
        branches = [self._sequence()]
        while self.pattern[self.at : self.at + 1] == "|":
            self.at += 1
            branches.append(self._sequence())
        sure = all(branch.keywords for branch in branches)
        keywords = dict.fromkeys(word for branch in branches for word in branch.keywords)
        prefixes: dict[str, bool] = {}
        for branch in branches:
            _add(prefixes, branch.prefixes)
        return _Part(tuple(keywords) if sure else _NONE, prefixes)

    def _sequence(self) -> _Part:
        found: list[tuple[str, ...]] = [_NONE]
        run, prefixes = "", {"": True}
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            plain, part = self._atom()
            times = _QUANTIFIER.match(self.pattern, self.at)
            if times is not None:
                self.at = times.end()
                part = _repeated(part, times)
            prefixes = _followed(prefixes, part.prefixes)
            if plain and part.keywords:
                run += plain
            if not plain or times is not None:
                found += [(run,) if run else _NONE, _NONE if plain else part.keywords]
                run = ""
        return _Part(max([*found, (run,) if run else _NONE], key=_worth), prefixes)

    def _atom(self) -> tuple[str, _Part]:
        """Read one atom; returns its character if it is a plain one ("" if not), and what it needs."""
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
            return "", _NOTHING
        if char in _SPECIAL or (len(char) > 1 and char[1].isalnum()):
            return "", _ANYTHING
        plain = char[-1].lower()
        return plain, _Part((plain,), {plain: True})

    def _group(self) -> _Part:
        """Read a group; what a look-around asks for is not counted."""
        opens = _OPENS.match(self.pattern, self.at)
        around = _AHEAD_OR_BEHIND.match(self.pattern, self.at)
        self.at = opens.end() if opens else (around.end() + 1 if around else self.at + 1)
        part = self.alternatives()
        self.at += 1
        return part if opens else _NOTHING

    def _set(self) -> None:
        self.at += 2 if self.pattern[self.at + 1 : self.at + 2] == "^" else 1
        self.at += 1 if self.pattern[self.at : self.at + 1] == "]" else 0
        while self.at < len(self.pattern) and self.pattern[self.at] != "]":
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1


def _repeated(part: _Part, times: re.Match[str]) -> _Part:
    """Return what a part needs with its quantifier."""
    if times["must"]:
        return _Part(part.keywords, dict.fromkeys(part.prefixes, False))
    prefixes = dict(part.prefixes) if times["may"] == "?" else dict.fromkeys(part.prefixes, False)
    _add(prefixes, {"": True})
    return _Part(_NONE, prefixes)


def _followed(prefixes: dict[str, bool], by: dict[str, bool]) -> dict[str, bool]:
    """Return the starts of what has these starts and is followed by a part with those."""
    joined: dict[str, bool] = {}
    for start, whole in prefixes.items():
        if not whole or len(start) >= _LONGEST:
            _add(joined, {start: False})
        else:
            _add(joined, {start + more: ends for more, ends in by.items()})
    return joined if len(joined) <= _MOST else dict.fromkeys(prefixes, False)


def _add(prefixes: dict[str, bool], more: dict[str, bool]) -> None:
    """Add starts to others; one that is whole here and goes on there goes on."""
    for start, whole in more.items():
        prefixes[start] = prefixes.get(start, True) and whole


def _worth(words: tuple[str, ...]) -> tuple[int, int]:
    return min((len(word) for word in words), default=0), -len(words)


def lower(text: str) -> str:
    """Return the text in lower case and of the same length (one letter alone would become two)."""
    return text.replace("\u0130", "i").lower()


class KeywordIndex:
    """Words (lower case) and the numbers that each stands for; found by a piece of four characters first."""

    def __init__(self, numbers: Mapping[str, Iterable[int]]) -> None:
        uses = Counter(piece for word in numbers for piece in set(_pieces(word)))
        self._by_piece: dict[str, list[tuple[str, frozenset[int]]]] = {}
        self._short: list[tuple[str, frozenset[int]]] = []
        for word, meant in numbers.items():
            rarest = min(_pieces(word), key=lambda piece: uses[piece], default="")
            known = self._by_piece.setdefault(rarest, []) if rarest else self._short
            known.append((word, frozenset(meant)))

    def lookup(self, lowered: str) -> set[int]:
        """Return the numbers of all words in a text (lower case); takes time linear in its length."""
        lookup: set[int] = set()
        for word, meant in self._short:
            if word in lowered:
                lookup |= meant
        for piece in self._by_piece.keys() & set(_pieces(lowered)):
            for word, meant in self._by_piece[piece]:
                if word in lowered:
                    lookup |= meant
        return lookup


def _pieces(text: str) -> Iterator[str]:
    return map("".join, zip(text, text[1:], text[2:], text[3:], strict=False))


class PatternSet:
    """Case-blind patterns; each is tried only on a text that holds a word which it needs."""

    def __init__(self, *patterns: str) -> None:
        self._known = [(pattern_hints(p).keywords, re.compile(p, re.IGNORECASE)) for p in patterns]

    def fit(self, text: str) -> bool:
        """Return whether a pattern is found in the text."""
        lowered = lower(text)
        return any(
            pattern.search(text) is not None
            for keywords, pattern in self._known
            if not keywords or any(word in lowered for word in keywords)
        )
