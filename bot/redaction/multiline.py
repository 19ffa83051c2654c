"""Words that the end of a row broke, when they are secrets: terminals and log writers cut at a width."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.detector import detector, is_complete
from bot.redaction.line_prefix import content_start
from bot.redaction.rules import looks_drawn, mixed
from bot.redaction.spans import Kind, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY_CHARACTERS = string.ascii_letters + string.digits + "_-+/=.~%"
_HEAD = re.compile(r"[\w+/.~%-]{1,512}+={0,2}+(?=$|[\s\"'`,;)\]}])")
_WORD = re.compile(r"[^\s\"'`]{1,512}+")
_AFTER_WORD = "\"'`,;)]} \t"
_OLD_WANDB_KEY = re.compile(r"[0-9a-f]{40}")
# Narrower rows are not broken by a terminal's width.
_LEAST_WIDTH = 60
# How long a part must be to be taken: alone in its row, below a row of full width, elsewhere; and a
# lone one that does not look drawn by lot.
_LEAST_LONE, _LEAST_WIDE, _LEAST_OTHER, _LEAST_PLAIN = 2, 4, 8, 16
# No token is shorter; and none is so long before its shape shows.
_SHORTEST_TOKEN, _LONGEST_STUB = 16, 72
_MOST_CARRIED = 1024


class Broken(NamedTuple):
    """A word that reaches the end of a row, with its pieces (row index, start, end) so far.

    `kind` is empty while it is no secret; `quote` is what its end will be marked with, if known;
    `wide` tells that the row it began in may have been cut by a width.
    """

    pieces: tuple[tuple[int, int, int], ...]
    text: str
    kind: str
    quote: str
    wide: bool


def broken_at_end(row: str, index: int, spans: Sequence[Span]) -> Broken | None:
    """Return the word that ends `row`, of which `spans` are the secrets, if it may go on."""
    wide = len(row) >= _LEAST_WIDTH
    for span in spans:
        if span.open and span.start < span.end == len(row):
            before = row[span.start - 1 : span.start]
            quote = before if before in {'"', "'", "`"} else ""
            return Broken(((index, span.start, span.end),), row[span.start :], span.kind, quote, wide)
    end = len(row.rstrip())
    last = row[max(0, end - _LONGEST_STUB) : end]
    word = last[len(last.rstrip(_KEY_CHARACTERS)) :]
    # A name at the row's end is no secret: a token may end like one where it was broken.
    if not word or any(span.start < span.end > end - len(word) for span in spans):
        return None
    return Broken(((index, end - len(word), end),), word, "", "", wide)


def follow(row: str, index: int, found: dict[int, list[Span]], broken: Broken) -> Broken | None:
    """Add to `found` what `row` holds of the broken word; return the word if it may go on in the next row."""
    start = content_start(row)
    word = _WORD.match(row, start)
    if word is None:
        return None
    alone = len(row[word.end() :].strip(_AFTER_WORD)) == 0
    part = word if alone and broken.kind else _HEAD.match(row, start)
    if part is None:
        return None
    end = start + len(part.group().rstrip(_AFTER_WORD))
    joined = broken._replace(pieces=(*broken.pieces, (index, start, end)), text=broken.text + row[start:end])
    if not broken.kind:
        if len(joined.text) >= _SHORTEST_TOKEN:
            joined = joined._replace(kind=_mark_crossing(joined, len(broken.text), found))
    elif _belongs(row, row[start:end], end, broken, alone=alone):
        found.setdefault(index, []).append(Span(start, end, broken.kind))
    else:
        return None
    most = _MOST_CARRIED if joined.kind else _LONGEST_STUB
    return joined if alone and len(joined.text) <= most and end == len(row.rstrip()) else None


def _belongs(row: str, part: str, end: int, broken: Broken, *, alone: bool) -> bool:
    """Tell whether `part`, the first word of `row`, belongs to the secret that the row above did not end."""
    whole, border = broken.text + part, len(broken.text)
    if is_complete(broken.text) or _OLD_WANDB_KEY.fullmatch(broken.text):
        return False
    if is_complete(whole) or _OLD_WANDB_KEY.fullmatch(whole) or row.startswith(broken.quote or "\0", end):
        return True
    if broken.kind == Kind.SLACK and part.strip("-").isdigit():
        return alone or len(part) >= _LEAST_OTHER
    if alone:
        looks = (len(part) >= _LEAST_LONE and mixed(part)) or len(part) >= _LEAST_PLAIN
    else:
        looks = looks_drawn(part, _LEAST_WIDE if broken.wide else _LEAST_OTHER)
    if looks or border >= _LONGEST_STUB:
        return looks
    # The beginning of a token, taken for a value because of the name before it.
    crossing = any(span.start < border < span.end for span in detector().shaped(whole))
    return crossing and not detector().shaped(broken.text)


def _mark_crossing(joined: Broken, border: int, found: dict[int, list[Span]]) -> str:
    """Add the tokens in `joined` that cross its last border to the rows they stand in; return their kind."""
    kind = ""
    for span in detector().shaped(joined.text):
        if span.start < border < span.end:
            kind = span.kind if span.open else ""
            offset = 0
            for index, start, end in joined.pieces:
                first = max(start, start + span.start - offset)
                last = min(end, start + span.end - offset)
                if first < last:
                    found.setdefault(index, []).append(Span(first, last, span.kind))
                offset += end - start
    return kind
