"""Private keys, which are printed over many rows: from BEGIN to END, or what is left of them."""

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
# A row of a key's body, in a string of a program too: 'MIIE...\n' +
_BODY = re.compile(r"[\"']?[A-Za-z0-9+/]++={0,2}(?:\\+[nr])*+[\"',+\\\s]*+")
_LAST_WORD = re.compile(r"[A-Za-z0-9+/]{40,}+={0,2}+(?=[\"',\\\s]*+$)")
# Other ranks' rows may come between those of a key; a key has at most a few hundred rows.
_MOST_OTHER_ROWS = 20
_MOST_ROWS = 400
# The width at which tools break base64 (64, 70 or 76).
_LEAST_WIDTH, _MOST_WIDTH = 60, 80


def has_private_key(text: str) -> bool:
    """Tell whether a private key begins or ends in `text`."""
    return "PRIVATE" in text and _MARK.search(text) is not None


def private_keys(rows: Sequence[str]) -> Iterator[tuple[int, Span]]:
    """Yield (row index, span) of every part of a private key, also of one without its BEGIN or END."""
    left = others = 0
    for index, row in enumerate(rows):
        if "PRIVATE" in row and has_private_key(row):
            yield from ((index, span) for span in _marked(row, inside=left > 0))
            marks = list(_MARK.finditer(row))
            if not left and not marks[0]["begin"]:
                yield from _before(rows, index)
            goes_on = marks[-1]["begin"] and not _CLOSING_QUOTE.search(row, marks[-1].end())
            left, others = (_MOST_ROWS if goes_on else 0), 0
        elif left:
            body = _body(row)
            others = 0 if body else others + 1
            left = 0 if others > _MOST_OTHER_ROWS else left - 1
            if body:
                yield index, body
        elif _is_wide(row) and index + 1 < len(rows) and _is_wide(rows[index + 1]):
            # Two rows of a block without its BEGIN: what follows is taken as if it had been seen.
            yield index, Span(content_start(row), len(row), Kind.SECRET)
            left, others = _MOST_ROWS, _MOST_OTHER_ROWS


def _marked(row: str, *, inside: bool) -> Iterator[Span]:
    """Yield the keys between the marks of `row`; `inside` tells that one began above."""
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
    """Return the part of `row` that can be a row of a key's body."""
    start = content_start(row)
    if _BODY.fullmatch(row, start):
        return Span(start, len(row), Kind.PRIVATE_KEY)
    last = row.rstrip("\"',\\ ").rfind(" ") + 1
    word = _LAST_WORD.match(row, last)
    return Span(last, word.end(), Kind.PRIVATE_KEY) if word else None


def _before(rows: Sequence[str], index: int) -> Iterator[tuple[int, Span]]:
    """Yield the rows of a key above its END whose BEGIN is not among `rows`."""
    for above in range(index - 1, max(-1, index - _MOST_ROWS), -1):
        body = _body(rows[above])
        if body is None or body.end - body.start < len("-----"):
            return
        yield above, body


def _is_wide(row: str) -> bool:
    """Tell whether `row` is one full row of a block of base64."""
    if len(row) < _LEAST_WIDTH or " " in row[-_LEAST_WIDTH:]:
        return False
    start = content_start(row)
    text = row[start:]
    if not _LEAST_WIDTH <= len(text) <= _MOST_WIDTH or not _BODY.fullmatch(row, start):
        return False
    return has_mixed_characters(text) and not text.islower() and not text.isupper()
