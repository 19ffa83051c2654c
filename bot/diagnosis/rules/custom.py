"""A team's own causes, from the tables of its settings file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category, Source

_KEYS = ("id", "category", "patterns", "exceptions", "sources", "advice", "samples", "counters")
_EXAMPLE = (
    'for example id = "shards.stale", category = "data_missing", patterns = ["shard index .* is stale"], '
    'advice = "Run make shards."'
)
_CATEGORIES = sorted(set(Category) - {Category.NONE, Category.UNKNOWN})
_LONGEST = 400
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*[+*](?:[^()\\]|\\.)*\)[+*{]")


class RuleError(ValueError):
    """A table is no cause; the text is one sentence: what is wrong, what is allowed, an example."""


def parse_rules(tables: Sequence[Mapping[str, object]]) -> tuple[Rule, ...]:
    """Return the causes that the tables say, in their order; use them as `causes=(*own, *CAUSES)`.

    A table has `id`, `category`, `advice`, and `patterns` or `exceptions` (both, to ask for both); `sources`,
    `samples` and `counters` are optional. Raise CauseError for the first mistake.
    """
    rules = tuple(_rule(number, table) for number, table in enumerate(tables, start=1))
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise RuleError(f'Two causes have the id "{rule.id}"; each needs its own.')
        seen.add(rule.id)
    return rules


def _rule(number: int, table: Mapping[str, object]) -> Rule:
    where = f'Cause {number} ("{table.get("id", "no id")}")'
    for key in table:
        if key not in _KEYS:
            raise RuleError(f'{where} has a key "{key}" that no cause has; allowed are {", ".join(_KEYS)}.')
    patterns, exceptions = _texts(where, table, "patterns"), _texts(where, table, "exceptions")
    if not patterns and not exceptions:
        raise RuleError(f"{where} says neither patterns nor exceptions, so it fits nothing; {_EXAMPLE}.")
    for pattern in patterns:
        _check(where, pattern)
    return Rule(
        id=_text(where, table, "id"),
        category=_category(where, table),
        advice=_text(where, table, "advice"),
        patterns=patterns,
        exceptions=exceptions,
        sources=tuple(_source(where, name) for name in _texts(where, table, "sources")),
        specificity=Specificity.OWN,
        samples=_texts(where, table, "samples"),
        counters=_texts(where, table, "counters"),
    )


def _text(where: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"{where} needs {key}, a text; {_EXAMPLE}.")
    return value


def _texts(where: str, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise RuleError(f"{where} has {key} that is no list of texts; {_EXAMPLE}.")
    return tuple(value)


def _category(where: str, table: Mapping[str, object]) -> Category:
    name = _text(where, table, "category")
    if name not in _CATEGORIES:
        raise RuleError(
            f'{where} has a category "{name}" that does not exist; allowed are {", ".join(_CATEGORIES)}.'
        )
    return Category(name)


def _source(where: str, name: str) -> Source:
    if name not in set(Source):
        raise RuleError(
            f'{where} has a source "{name}" that does not exist; allowed are {", ".join(Source)}.'
        )
    return Source(name)


def _check(where: str, pattern: str) -> None:
    try:
        compile_pattern = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise RuleError(
            f'{where} has a pattern "{pattern}" that is no regular expression: {error}.'
        ) from error
    if compile_pattern.search("") is not None:
        raise RuleError(
            f'{where} has a pattern "{pattern}" that fits every line; add a word that only the cause says.'
        )
    if len(pattern) > _LONGEST or _NESTED.search(pattern):
        raise RuleError(
            f'{where} has a pattern "{pattern[:60]}" that could take for ever on a long line; '
            f"use at most {_LONGEST} characters and no repeat inside a repeat, "
            f'for example "shard .{{0,80}} is stale".'
        )
