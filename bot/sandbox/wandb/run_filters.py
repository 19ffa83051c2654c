"""Filters and sort orders of runs: MongoDB query operators over a run's fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError

from bot.sandbox.world.state import SimRun

_FIELDS: dict[str, Callable[[SimRun], Any]] = {
    "name": lambda run: run.run_id,
    "display_name": lambda run: run.name,
    "displayName": lambda run: run.name,
    "state": lambda run: run.state,
    "created_at": lambda run: stamp(run.created),
    "createdAt": lambda run: stamp(run.created),
    "heartbeat_at": lambda run: stamp(run.heartbeat),
    "heartbeatAt": lambda run: stamp(run.heartbeat),
    "username": lambda run: run.user,
    "user.username": lambda run: run.user,
    "tags": lambda _: [],
}
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: bool(value == wanted),
    "$ne": lambda value, wanted: bool(value != wanted),
    "$in": lambda value, wanted: value in wanted,
    "$nin": lambda value, wanted: value not in wanted,
    "$gt": lambda value, wanted: value is not None and value > wanted,
    "$gte": lambda value, wanted: value is not None and value >= wanted,
    "$lt": lambda value, wanted: value is not None and value < wanted,
    "$lte": lambda value, wanted: value is not None and value <= wanted,
    "$exists": lambda value, wanted: (value is not None) == bool(wanted),
    "$regex": lambda value, wanted: bool(re.search(wanted, str(value))),
}


def stamp(moment: Any) -> str:
    """Return a time in W&B's format: seconds, in UTC, with a Z."""
    return str(moment.strftime("%Y-%m-%dT%H:%M:%SZ"))


def matches(run: SimRun, wanted: dict[str, Any]) -> bool:
    """Return whether a run matches a filter; raise GraphQLError for unknown operators."""
    for key, value in wanted.items():
        if key in ("$and", "$or", "$nor"):
            found = [matches(run, one) for one in value]
            passed = all(found) if key == "$and" else any(found) == (key == "$or")
        elif key == "$not":
            passed = not matches(run, value)
        elif isinstance(value, dict):
            passed = all(_test(word, _value(run, key), operand) for word, operand in value.items())
        else:
            passed = _value(run, key) == value
        if not passed:
            return False
    return True


def in_order(runs: list[SimRun], order: str | None) -> list[SimRun]:
    """Return runs in an order such as "-created_at" or "+summary_metrics.loss", missing values last."""
    key = (order or "+created_at").lstrip("+-")
    valued = [run for run in runs if _value(run, key) is not None]
    valued.sort(key=lambda run: (_value(run, key), run.run_id), reverse=(order or "").startswith("-"))
    return valued + [run for run in runs if _value(run, key) is None]


def _test(word: str, value: Any, wanted: Any) -> bool:
    if word == "$not":
        return not all(_test(inner, value, operand) for inner, operand in wanted.items())
    if word not in _TESTS:
        raise GraphQLError(f"unknown operator: {word}")
    return _TESTS[word](value, wanted)


def _value(run: SimRun, key: str) -> Any:
    if key in _FIELDS:
        return _FIELDS[key](run)
    head, _, rest = key.partition(".")
    if head == "config":
        return run.config.get(rest.removesuffix(".value"))
    if head in ("summary_metrics", "summaryMetrics"):
        return run.summary.get(rest)
    raise GraphQLError(f"unknown field: {key}")
