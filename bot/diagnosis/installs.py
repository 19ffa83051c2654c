"""Knows which rows are pip's quotation of a package's own build."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.diagnosis.candidates import Event
from bot.diagnosis.parsing.lines import Rows
from bot.diagnosis.rules.dependencies import PACKAGE_BUILD
from bot.diagnosis.rules.matcher import Match
from bot.models.diagnosis import Category

_OPENS = re.compile(r"\[\d+ lines? of output\]")
_CLOSES = "[end of output]"
_MOST = 500
#: What a build script may raise that, in a program, would be the program's own affair.
_OF_PROGRAMS = frozenset(
    {Category.CODE_EXCEPTION, Category.CONFIG_ERROR, Category.CUDA_DRIVER, Category.IMPORT_ERROR}
)


def as_installs(rows: Rows, events: Sequence[Event]) -> list[Event]:
    """Returns the events; those that pip quotes of a package's build become failed installs."""
    quoted = _quotations(rows)
    return [_as_install(event) if any(event.row in q for q in quoted) else event for event in events]


def _as_install(event: Event) -> Event:
    match = event.match
    if match is None or match.cause.category not in _OF_PROGRAMS:
        return event
    return replace(event, match=Match(PACKAGE_BUILD, match.start, match.end, ()))


def _quotations(rows: Rows) -> list[range]:
    found: list[range] = []
    opened: int | None = None
    for row in sorted(rows.holding(("of output]",), _MOST)):
        if _CLOSES in rows.raw[row]:
            if opened is not None:
                found.append(range(opened, row))
            opened = None
        elif _OPENS.search(rows.raw[row]):
            opened = row
    return found if opened is None else [*found, range(opened, len(rows))]
