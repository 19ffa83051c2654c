"""Finds the rule that matches a text."""

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
    """A rule that matches a text: `start` and `end` of the match (characters), and its named groups."""

    rule: Rule
    start: int
    end: int
    parts: tuple[tuple[str, str], ...]

    def advice(self) -> str:
        """Return the advice with the named groups filled in; groups without text read as "it"."""
        known = dict(self.parts)
        return re.sub(r"\{(\w+)\}", lambda name: known.get(name[1]) or "it", self.rule.advice)


@dataclass(frozen=True, slots=True)
class _CompiledRule:
    """A rule with one of its patterns, or with None if its exception class alone identifies it."""

    rule: Rule
    pattern: re.Pattern[str] | None
    prefixes: tuple[str, ...]
    unless: tuple[re.Pattern[str], ...]
    raised_in: tuple[re.Pattern[str], ...]

    def applies(self, source: Source, where: str) -> bool:
        """Return whether the rule applies to logs of this source and to exceptions raised there."""
        if self.rule.sources and source not in self.rule.sources:
            return False
        return not self.raised_in or any(place.search(where) for place in self.raised_in)

    def search(self, text: str, lowered: str) -> tuple[int, int, dict[str, str | None]] | None:
        """Return the first match and its groups. Only positions of a known prefix are tried."""
        if self.pattern is None:
            return 0, 0, {}
        if not self.prefixes:
            found = self.pattern.search(text)
        else:
            positions = sorted(at for start in self.prefixes for at in _occurrences(lowered, start))
            found = next((m for at in positions if (m := self.pattern.match(text, at)) is not None), None)
        return (found.start(), found.end(), found.groupdict()) if found is not None else None


class RuleMatcher:
    """Matches texts against rules; among equally specific rules the first wins."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        compiled_rules: list[_CompiledRule] = []
        by_keyword: dict[str, list[int]] = {}
        by_exception: dict[str, list[int]] = {}
        for rule in sorted(rules, key=lambda rule: -rule.specificity):
            unless = tuple(compile_pattern(p) for p in rule.unless)
            raised_in = tuple(re.compile(p) for p in rule.raised_in)
            for pattern in rule.patterns or (None,):
                hints = pattern_hints(pattern or "")
                for word in hints.keywords or ("",):
                    by_keyword.setdefault(word, []).append(len(compiled_rules))
                for name in rule.exceptions or ("",):
                    by_exception.setdefault(name, []).append(len(compiled_rules))
                compiled_rules.append(
                    _CompiledRule(
                        rule, compile_pattern(pattern) if pattern else None, hints.prefixes, unless, raised_in
                    )
                )
        self._compiled_rules = compiled_rules
        self._keywords = KeywordIndex(by_keyword)
        self._by_exception = {name: frozenset(numbers) for name, numbers in by_exception.items()}

    def match(self, text: str, *, exception: str, source: Source, where: str = "") -> Match | None:
        """Return the match of the most specific rule for `text`, or None.

        `exception` is the dotted class of the exception ("" for a plain line), and `where` the place it was
        raised.
        """
        if "\\" in text:
            text = text.replace("\\'", "'").replace('\\"', '"')
        lowered = lower(text)
        excluded = ""
        for number in sorted(self._keywords.lookup(lowered) & self._for_exception(exception)):
            compiled_rule = self._compiled_rules[number]
            rule = compiled_rule.rule
            if rule.id == excluded or not compiled_rule.applies(source, where):
                continue
            if (found := compiled_rule.search(text, lowered)) is None:
                continue
            if not any(other.search(text) for other in compiled_rule.unless):
                start, end, groups = found
                return Match(rule, start, end, tuple((k, v) for k, v in groups.items() if v))
            excluded = rule.id
        return None

    def _for_exception(self, exception: str) -> set[int]:
        """Return the compiled rules for an exception class: by its name, its dotted ends, or any class."""
        numbers = set(self._by_exception.get("", ()))
        if not exception:
            numbers |= self._by_exception.get(LINE, frozenset())
        while exception:
            numbers |= self._by_exception.get(exception, frozenset())
            exception = exception.partition(".")[2]
        return numbers


def _occurrences(text: str, word: str) -> Iterator[int]:
    """Yield the positions of a word in a text, from left to right."""
    at = text.find(word)
    while at >= 0:
        yield at
        at = text.find(word, at + 1)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Return the compiled pattern; if it begins with a letter, it matches only at the start of a word."""
    return re.compile(f"(?<![A-Za-z]){pattern}" if pattern[:1].isalpha() else pattern, re.IGNORECASE)


@lru_cache(maxsize=8)
def matcher_for(rules: tuple[Rule, ...]) -> RuleMatcher:
    """Return the matcher for these rules; cached, as compiling hundreds of patterns is slow."""
    return RuleMatcher(rules)
