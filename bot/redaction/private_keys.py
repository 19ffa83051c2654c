"""Finds private keys, which span many rows from BEGIN to END, and partial ones."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.redaction.line_prefix import content_start
from bot.redaction.rules import has_mixed_characters
from bot.redaction.spans import Kind, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_BLANK = r"(?:[ +_]|%20)"
_TITLE = rf"(?:[A-Z0-9]{{1,12}}{_BLANK}){{0,4}}PRIVATE{_BLANK}KEY(?:{_BLANK}BLOCK)?(?:-{{2,5}}|$)"
_MARK = re.compile(rf"-{{2,5}}{_BLANK}?(?:(?P<begin>BEGIN)|END){_BLANK}{_TITLE}")
_CLOSING_QUOTE = re.compile(r"(?<!\\)[\"'`]|\\+[\"'`]")
# A row of the body of a key, also inside a string literal: 'MIIE...\n' +
_BODY = re.compile(r"[\"']?[A-Za-z0-9+/]++={0,2}(?:\\+[nr])*+[\"',+\\\s]*+")
_LAST_WORD = re.compile(r"[A-Za-z0-9+/]{40,}+={0,2}+(?=[\"',\\\s]*+$)")
# Rows of other ranks may be between those of a key. A key has at most a few hundred rows.
_MAX_OTHER_ROWS = 20
_MAX_ROWS = 400
# The range of widths at which tools wrap base64 (64, 70 or 76).
_MIN_WIDTH, _MAX_WIDTH = 60, 80


def has_private_key(text: str) -> bool:
    """Return whether a private key begins or ends in `text`."""
    return "PRIVATE" in text and _MARK.search(text) is not None


def private_keys(rows: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """Yield (row index, span) of every part of a private key, including those without BEGIN or END."""
    rows_left = other_rows = 0
    for index, row in enumerate(rows):
        if "PRIVATE" in row and has_private_key(row):
            yield from ((index, span) for span in _keys_between_marks(row, inside=rows_left > 0))
            marks = list(_MARK.finditer(row))
            if not rows_left and not marks[0]["begin"]:
                yield from _rows_above_end(rows, index)
            continues = marks[-1]["begin"] and not _CLOSING_QUOTE.search(row, marks[-1].end())
            rows_left, other_rows = (_MAX_ROWS if continues else 0), 0
        elif rows_left:
            body = _body(row)
            other_rows = 0 if body else other_rows + 1
            rows_left = 0 if other_rows > _MAX_OTHER_ROWS else rows_left - 1
            if body:
                yield index, body
        elif _is_wide(row) and index + 1 < len(rows) and _is_wide(rows[index + 1]):
            # Two rows of a block without BEGIN: treat the following rows as part of a key.
            yield index, Span(content_start(row), len(row), Kind.SECRET)
            rows_left, other_rows = _MAX_ROWS, _MAX_OTHER_ROWS


def _keys_between_marks(row: str, *, inside: bool) -> Iterator[Span]:
    """Yield the keys between the marks of `row`; `inside` says that one began above."""
    start = content_start(row) if inside else -1
    last = 0
    for mark in _MARK.finditer(row):
        if start >= 0 and mark["begin"] and (quote := _CLOSING_QUOTE.search(row, last, mark.start())):
            yield Span(start, quote.start(), Kind.PRIVATE_KEY)
            start = -1
        if mark["begin"]:
            start = mark.start() if start < 0 else start
        else:
            body = _body(row[: mark.start()]) if not last else None
            first = start if start >= 0 else body.start if body else mark.start()
            yield Span(min(first, mark.start()), mark.end(), Kind.PRIVATE_KEY)
            start = -1
        last = mark.end()
    if start >= 0:
        quote = _CLOSING_QUOTE.search(row, last)
        yield Span(start, quote.start() if quote else len(row), Kind.PRIVATE_KEY)


def _body(row: str) -> Span | None:
    """Return the part of `row` that may be a row of a key's body."""
    start = content_start(row)
    if _BODY.fullmatch(row, start):
        return Span(start, len(row), Kind.PRIVATE_KEY)
    last = row.rstrip("\"',\\ ").rfind(" ") + 1
    word = _LAST_WORD.match(row, last)
    return Span(last, word.end(), Kind.PRIVATE_KEY) if word else None


def _rows_above_end(rows: Sequence[str], index: int) -> Iterator[tuple[int, Span]]:
    """Yield the rows of a key above its END if its BEGIN is missing."""
    for above in range(index - 1, max(-1, index - _MAX_ROWS), -1):
        body = _body(rows[above])
        if body is None or body.end - body.start < len("-----"):
            return
        yield above, body


def _is_wide(row: str) -> bool:
    """Return whether `row` is one full row of a block of base64."""
    if len(row) < _MIN_WIDTH or " " in row[-_MIN_WIDTH:]:
        return False
    start = content_start(row)
    text = row[start:]
    if not _MIN_WIDTH <= len(text) <= _MAX_WIDTH or not _BODY.fullmatch(row, start):
        return False
    return has_mixed_characters(text) and not text.islower() and not text.isupper()
