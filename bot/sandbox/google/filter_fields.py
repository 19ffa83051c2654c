"""Field types of filters, and the comparisons that each supports."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bot.sandbox.google.failures import Failure, invalid

Test: TypeAlias = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class TextField:
    """A string; `read` returns None if the row has no value. `any_case` ignores case."""

    read: Callable[[Any], str | None]
    operators: frozenset[str] = frozenset({"=", "!="})
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class TimeField:
    """A time, compared with RFC 3339 text."""

    read: Callable[[Any], datetime | None]


@dataclass(frozen=True, slots=True)
class RankField:
    """An ordered enumeration such as severity; `ranks` maps each name to its number."""

    read: Callable[[Any], str]
    ranks: dict[str, int]


Field: TypeAlias = TextField | TimeField | RankField
Resolve: TypeAlias = Callable[[tuple[str, ...]], Field]

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})",
)


def parse_time(text: str) -> datetime:
    """Parse RFC 3339 strictly (`T`, seconds and zone required); raise INVALID_ARGUMENT otherwise."""
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise invalid(f"Invalid timestamp '{text}': it must be in RFC 3339 format.", "filter")
    day, clock, fraction, zone = match.groups()
    micros = (fraction or "")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{micros}{zone.replace('Z', '+00:00')}").astimezone(UTC)
    except ValueError as error:
        raise invalid(f"Invalid timestamp '{text}': {error}.", "filter") from error


def unknown_field(name: str) -> Failure:
    """Return INVALID_ARGUMENT for a field that cannot be filtered."""
    return invalid(f"Invalid filter: the field '{name}' is not supported.", "filter")


def compare(field: Field, name: str, sign: str, value: str) -> Test:
    """Return the test `field sign value`; raise INVALID_ARGUMENT for an unsupported comparison."""
    if isinstance(field, TextField):
        return _text_test(field, name, sign, value)
    if sign not in _ORDER:
        raise _bad_sign(name, sign)
    order = _ORDER[sign]
    if isinstance(field, TimeField):
        wanted, read_time = parse_time(value), field.read
        return lambda row: (found := read_time(row)) is not None and order(found, wanted)
    if value.upper() not in field.ranks:
        raise invalid(f"Invalid filter: '{value}' is no value of '{name}'.", "filter")
    rank, ranks, read_rank = field.ranks[value.upper()], field.ranks, field.read
    return lambda row: order(ranks.get(read_rank(row), 0), rank)


def _text_test(field: TextField, name: str, sign: str, value: str) -> Test:
    if sign not in field.operators:
        raise _bad_sign(name, sign)
    fold = str.casefold if field.any_case else str
    read, wanted = field.read, fold(value)
    if sign == "=":
        return lambda row: (found := read(row)) is not None and fold(found) == wanted
    if sign == "!=":
        return lambda row: (found := read(row)) is None or fold(found) != wanted
    if value == "*":
        return lambda row: read(row) is not None
    return lambda row: (found := read(row)) is not None and wanted.rstrip("*") in fold(found)


def _bad_sign(name: str, sign: str) -> Failure:
    return invalid(
        f"Invalid filter: the operator '{sign}' is not supported for the field '{name}'.", "filter"
    )
