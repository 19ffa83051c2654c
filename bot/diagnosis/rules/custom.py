"""Parses user-defined rules from the settings file's `[[cause]]` tables."""

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
_MAX_LENGTH = 400
_NESTED = re.compile(r"\((?:[^()\\]|\\.)*[+*](?:[^()\\]|\\.)*\)[+*{]")


class RuleError(ValueError):
    """A table is no valid rule; the text says in one sentence what is wrong and what is allowed."""


def parse_rules(tables: Sequence[Mapping[str, object]]) -> tuple[Rule, ...]:
    """Return the rules of the `[[cause]]` tables in order; use them as `rules=(*custom, *RULES)`.

    A table has `id`, `category`, `advice`, and `patterns` or `exceptions` (both, if both must match).
    `sources`, `samples` and `counters` are optional. Raise RuleError for the first mistake.
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
            raise RuleError(f'{where} has an unknown key "{key}"; allowed are {", ".join(_KEYS)}.')
    patterns, exceptions = _texts(where, table, "patterns"), _texts(where, table, "exceptions")
    if not patterns and not exceptions:
        raise RuleError(f"{where} needs patterns or exceptions; {_EXAMPLE}.")
    for pattern in patterns:
        _check_pattern(where, pattern)
    return Rule(
        id=_text(where, table, "id"),
        category=_category(where, table),
        advice=_text(where, table, "advice"),
        patterns=patterns,
        exceptions=exceptions,
        sources=tuple(_source(where, name) for name in _texts(where, table, "sources")),
        specificity=Specificity.CUSTOM,
        samples=_texts(where, table, "samples"),
        counters=_texts(where, table, "counters"),
    )


def _text(where: str, table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        raise RuleError(f"{where} needs {key}, a non-empty string; {_EXAMPLE}.")
    return value


def _texts(where: str, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, ())
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) and one for one in value):
        raise RuleError(f"{where} has {key} that is not a list of non-empty strings; {_EXAMPLE}.")
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


def _check_pattern(where: str, pattern: str) -> None:
    try:
        compile_pattern = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise RuleError(f'{where} has an invalid regular expression "{pattern}": {error}.') from error
    if compile_pattern.search("") is not None:
        raise RuleError(
            f'{where} has a pattern "{pattern}" that matches every line; '
            "add a word that only this error contains."
        )
    if len(pattern) > _MAX_LENGTH or _NESTED.search(pattern):
        raise RuleError(
            f'{where} has a pattern "{pattern[:60]}" that could take very long on a long line; '
            f"use at most {_MAX_LENGTH} characters and no nested repeats, "
            f'for example "shard .{{0,80}} is stale".'
        )
