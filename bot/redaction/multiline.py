"""Secrets over several rows: a label with its value in the next row, and a token that the row's end broke."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.detector import detector, is_complete_token
from bot.redaction.key_value import assigned_values
from bot.redaction.line_prefix import content_start
from bot.redaction.rules import has_mixed_characters, looks_random
from bot.redaction.spans import Kind, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

# A label that can only be followed by its value: `password:`, `"--token",`, `token: |`, a prompt.
_FIRM = re.compile(r"(?:[:=]\s{0,8}(?:[|>][+-]?\s{0,8}|[bur]?\\*[\"'`])?|--[\w-]{1,60}[\"',\s]{0,8})$")
_PROMPT = re.compile(
    r"(?i)\b(?:paste|enter|type|provide)\b.{0,60}\b(?:key|token|password|passphrase|secret)\b[^:]{0,80}:\s{0,8}$"
)
_LONGEST_PROMPT = 240
_VALUE_FIELD = re.compile(r"[ \t\"'-]{0,40}(?P<field>value\b)")
_INPUT_VALUE = re.compile(r"\b(?P<field>input_value=)")
_ONE_WORD = re.compile(r"(?:[^\s\"']\S*+|[bur]?\"[^\"]*\"|[bur]?'[^']*')[ \t,]*+")
_WORD = re.compile(r"[^\s\"'`]{1,512}+")
_LEAST_PART = 8


class Label(NamedTuple):
    """A secret name at the end of a row; `firm` if nothing but its value can follow."""

    kind: str
    firm: bool


def label_at_end(row: str, spans: Sequence[Span]) -> Label | None:
    """Return the label that ends `row`, of which `spans` are the secrets, if one does."""
    last = max(0, len(row) - _LONGEST_PROMPT)
    for span in spans:
        if span.open and span.start == span.end == len(row):
            return Label(span.kind, firm=_FIRM.search(row, last) is not None)
    if row.rstrip().endswith(":") and _PROMPT.search(row, last):
        return Label(Kind.WANDB if "api key" in row.lower() else Kind.SECRET, firm=True)
    return None


def labelled_values(row: str, label: Label) -> list[Span]:
    """Return the values that `row` holds for the label above it."""
    start = content_start(row)
    word = _WORD.match(row, start)
    if field := _VALUE_FIELD.match(row, start) or _INPUT_VALUE.search(row, start):
        name, start = "secret ", field.start("field")
    elif label.firm and (
        _ONE_WORD.fullmatch(row, start) or (word and looks_random(word.group(), _LEAST_PART))
    ):
        name = "password=" if label.kind == Kind.PASSWORD else "secret="
    else:
        return []
    # As if it stood behind its name in one row.
    moved = start - len(name)
    return [
        Span(span.start + moved, span.end + moved, label.kind, span.open)
        for span in assigned_values(name + row[start:])
        if span.end > span.start
    ]


if TYPE_CHECKING:
    from collections.abc import Sequence

_KEY_CHARACTERS = string.ascii_letters + string.digits + "_-+/=.~%"
_HEAD = re.compile(r"[\w+/.~%-]{1,512}+={0,2}+(?=$|[\s\"'`,;)\]}])")
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


class BrokenToken(NamedTuple):
    """A word that reaches the end of a row, with its pieces (row index, start, end) so far.

    `kind` is empty while it is no secret; `quote` is what its end will be marked with, if known;
    `wide` tells that the row it began in may have been cut by a width.
    """

    parts: tuple[tuple[int, int, int], ...]
    text: str
    kind: str
    quote: str
    wide: bool


def broken_token_at_end(row: str, index: int, spans: Sequence[Span]) -> BrokenToken | None:
    """Return the word that ends `row`, of which `spans` are the secrets, if it may go on."""
    wide = len(row) >= _LEAST_WIDTH
    for span in spans:
        if span.open and span.start < span.end == len(row):
            before = row[span.start - 1 : span.start]
            quote = before if before in {'"', "'", "`"} else ""
            return BrokenToken(((index, span.start, span.end),), row[span.start :], span.kind, quote, wide)
    end = len(row.rstrip())
    last = row[max(0, end - _LONGEST_STUB) : end]
    word = last[len(last.rstrip(_KEY_CHARACTERS)) :]
    # A name at the row's end is no secret: a token may end like one where it was broken.
    if not word or any(span.start < span.end > end - len(word) for span in spans):
        return None
    return BrokenToken(((index, end - len(word), end),), word, "", "", wide)


def continue_token(
    row: str, index: int, found: dict[int, list[Span]], broken: BrokenToken
) -> BrokenToken | None:
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
    joined = broken._replace(parts=(*broken.parts, (index, start, end)), text=broken.text + row[start:end])
    if not broken.kind:
        if len(joined.text) >= _SHORTEST_TOKEN:
            joined = joined._replace(kind=_mark_crossing(joined, len(broken.text), found))
    elif _belongs_to_token(row, row[start:end], end, broken, alone=alone):
        found.setdefault(index, []).append(Span(start, end, broken.kind))
    else:
        return None
    most = _MOST_CARRIED if joined.kind else _LONGEST_STUB
    return joined if alone and len(joined.text) <= most and end == len(row.rstrip()) else None


def _belongs_to_token(row: str, part: str, end: int, broken: BrokenToken, *, alone: bool) -> bool:
    """Tell whether `part`, the first word of `row`, belongs to the secret that the row above did not end."""
    whole, border = broken.text + part, len(broken.text)
    if is_complete_token(broken.text) or _OLD_WANDB_KEY.fullmatch(broken.text):
        return False
    if (
        is_complete_token(whole)
        or _OLD_WANDB_KEY.fullmatch(whole)
        or row.startswith(broken.quote or "\0", end)
    ):
        return True
    if broken.kind == Kind.SLACK and part.strip("-").isdigit():
        return alone or len(part) >= _LEAST_OTHER
    if alone:
        looks = (len(part) >= _LEAST_LONE and has_mixed_characters(part)) or len(part) >= _LEAST_PLAIN
    else:
        looks = looks_random(part, _LEAST_WIDE if broken.wide else _LEAST_OTHER)
    if looks or border >= _LONGEST_STUB:
        return looks
    # The beginning of a token, taken for a value because of the name before it.
    crossing = any(span.start < border < span.end for span in detector().by_token_rules(whole))
    return crossing and not detector().by_token_rules(broken.text)


def _mark_crossing(joined: BrokenToken, border: int, found: dict[int, list[Span]]) -> str:
    """Add the tokens in `joined` that cross its last border to the rows they stand in; return their kind."""
    kind = ""
    for span in detector().by_token_rules(joined.text):
        if span.start < border < span.end:
            kind = span.kind if span.open else ""
            offset = 0
            for index, start, end in joined.parts:
                first = max(start, start + span.start - offset)
                last = min(end, start + span.end - offset)
                if first < last:
                    found.setdefault(index, []).append(Span(first, last, span.kind))
                offset += end - start
    return kind


def add_continuations(rows: Sequence[str], found: dict[int, list[Span]]) -> None:
    """Add to `found` (row index: spans) what next rows hold of a secret that the end of a row broke.

    Blank rows are passed over; each row is looked at once more, so the time is linear.
    """
    label: Label | None = None
    broken: BrokenToken | None = None
    for index, row in enumerate(rows):
        if not row.strip(" \t"):
            continue
        if label and (values := labelled_values(row, label)):
            found.setdefault(index, []).extend(values)
            # What reads like a label may be the beginning of a token that the row's end broke.
            broken = continue_token(row, index, found, broken) if broken and not broken.kind else None
        elif broken:
            broken = continue_token(row, index, found, broken)
        spans = found.get(index, ())
        label = label_at_end(row, spans)
        broken = broken or broken_token_at_end(row, index, spans)
