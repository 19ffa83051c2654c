"""Knows the boxes that command line tools draw around their errors."""

from __future__ import annotations

import re

from bot.diagnosis.parsing.lines import Rows

_TOP = re.compile(r"[\u256d\u250c\u250f]\S{0,4} .{0,40}\b(?:error|failed|failure|fatal)", re.IGNORECASE)
_SIDE = re.compile("[\u2502\u2503]")
_ROWS = 8


def boxed_error(rows: Rows, row: int) -> bool:
    """Returns whether a row stands in a box whose upper edge says "Error", as click and typer draw one."""
    for at in range(row, max(-1, row - _ROWS), -1):
        if _TOP.match(rows.clean(at).text.lstrip()):
            return at < row
        if not _SIDE.search(rows.raw[at]):
            return False
    return False
