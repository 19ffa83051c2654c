"""Finds secrets that span rows: a value in the row below its label, and a token split by a line break."""

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
_CERTAIN_LABEL = re.compile(
    r"(?:[:=]\s{0,8}(?:[|>][+-]?\s{0,8}|[bur]?\\*[\"'`])?|--[\w-]{1,60}[\"',\s]{0,8})$"
)
_PROMPT = re.compile(
    r"(?i)\b(?:paste|enter|type|provide)\b.{0,60}\b(?:key|token|password|passphrase|secret)\b[^:]{0,80}:\s{0,8}$"
)
_MAX_PROMPT = 240
_VALUE_FIELD = re.compile(r"[ \t\"'-]{0,40}(?P<field>value\b)")
_INPUT_VALUE = re.compile(r"\b(?P<field>input_value=)")
_SINGLE_WORD = re.compile(r"(?:[^\s\"']\S*+|[bur]?\"[^\"]*\"|[bur]?'[^']*')[ \t,]*+")
_WORD = re.compile(r"[^\s\"'`]{1,512}+")
_MIN_PART = 8


class Label(NamedTuple):
    """A secret name at the end of a row; `is_certain` if only its value can follow."""

    kind: str
    is_certain: bool


def label_at_end(row: str, spans: Sequence[Span]) -> Label | None:
    """Return the label at the end of `row`, or None; `spans` are the secrets in the row."""
    last = max(0, len(row) - _MAX_PROMPT)
    for span in spans:
        if span.open and span.start == span.end == len(row):
            return Label(span.kind, is_certain=_CERTAIN_LABEL.search(row, last) is not None)
    if row.rstrip().endswith(":") and _PROMPT.search(row, last):
        return Label(Kind.WANDB if "api key" in row.lower() else Kind.SECRET, is_certain=True)
    return None


def labelled_values(row: str, label: Label) -> list[Span]:
    """Return the values in `row` for the label above it."""
    start = content_start(row)
    word = _WORD.match(row, start)
    if field := _VALUE_FIELD.match(row, start) or _INPUT_VALUE.search(row, start):
        name, start = "secret ", field.start("field")
    elif label.is_certain and (
        _SINGLE_WORD.fullmatch(row, start) or (word and looks_random(word.group(), _MIN_PART))
    ):
        name = "password=" if label.kind == Kind.PASSWORD else "secret="
    else:
        return []
    # Search it as if its name preceded it in the same row.
    offset = start - len(name)
    return [
        Span(span.start + offset, span.end + offset, label.kind, span.open)
        for span in assigned_values(name + row[start:])
        if span.end > span.start
    ]


_KEY_CHARACTERS = string.ascii_letters + string.digits + "_-+/=.~%"
_TOKEN_START = re.compile(r"[\w+/.~%-]{1,512}+={0,2}+(?=$|[\s\"'`,;)\]}])")
_WORD_ENDS = "\"'`,;)]} \t"
_OLD_WANDB_KEY = re.compile(r"[0-9a-f]{40}")
# Rows shorter than a terminal's width are not wrapped.
_MIN_WIDTH = 60
# Minimum length of a part: alone in its row, below a row of full width, elsewhere; and of one alone in its
# row that does not look random.
_MIN_ALONE, _MIN_AFTER_WIDE, _MIN_OTHER, _MIN_NOT_RANDOM = 2, 4, 8, 16
# Minimum length of a token, and maximum length before its shape is recognised.
_MIN_TOKEN, _MAX_UNRECOGNISED = 16, 72
_MAX_TOKEN = 1024


class BrokenToken(NamedTuple):
    """A word at the end of a row, with its parts (row index, start, end) so far.

    `kind` is empty as long as it is not recognised as a secret. `quote` is the quote that closes it, if
    known. `wide` says that its first row is long enough to have been wrapped.
    """

    parts: tuple[tuple[int, int, int], ...]
    text: str
    kind: str
    quote: str
    wide: bool


def broken_token_at_end(row: str, index: int, spans: Sequence[Span]) -> BrokenToken | None:
    """Return the word at the end of `row` if it may continue; `spans` are the secrets in the row."""
    wide = len(row) >= _MIN_WIDTH
    for span in spans:
        if span.open and span.start < span.end == len(row):
            before = row[span.start - 1 : span.start]
            quote = before if before in {'"', "'", "`"} else ""
            return BrokenToken(((index, span.start, span.end),), row[span.start :], span.kind, quote, wide)
    end = len(row.rstrip())
    last = row[max(0, end - _MAX_UNRECOGNISED) : end]
    word = last[len(last.rstrip(_KEY_CHARACTERS)) :]
    # A name at the end of the row is no secret, but a token may look like one where it was split.
    if not word or any(span.start < span.end > end - len(word) for span in spans):
        return None
    return BrokenToken(((index, end - len(word), end),), word, "", "", wide)


def continue_token(
    row: str, index: int, found: dict[int, list[Span]], broken: BrokenToken
) -> BrokenToken | None:
    """Add the token's part in `row` to `found`; return the token if it may continue in the next row."""
    start = content_start(row)
    word = _WORD.match(row, start)
    if word is None:
        return None
    alone = len(row[word.end() :].strip(_WORD_ENDS)) == 0
    part = word if alone and broken.kind else _TOKEN_START.match(row, start)
    if part is None:
        return None
    end = start + len(part.group().rstrip(_WORD_ENDS))
    joined = broken._replace(parts=(*broken.parts, (index, start, end)), text=broken.text + row[start:end])
    if not broken.kind:
        if len(joined.text) >= _MIN_TOKEN:
            joined = joined._replace(kind=_mark_crossing(joined, len(broken.text), found))
    elif _belongs_to_token(row, row[start:end], end, broken, alone=alone):
        found.setdefault(index, []).append(Span(start, end, broken.kind))
    else:
        return None
    limit = _MAX_TOKEN if joined.kind else _MAX_UNRECOGNISED
    return joined if alone and len(joined.text) <= limit and end == len(row.rstrip()) else None


def _belongs_to_token(row: str, part: str, end: int, broken: BrokenToken, *, alone: bool) -> bool:
    """Return whether `part`, the first word of `row`, continues the secret from the row above."""
    joined, border = broken.text + part, len(broken.text)
    if is_complete_token(broken.text) or _OLD_WANDB_KEY.fullmatch(broken.text):
        return False
    if (
        is_complete_token(joined)
        or _OLD_WANDB_KEY.fullmatch(joined)
        or row.startswith(broken.quote or "\0", end)
    ):
        return True
    if broken.kind == Kind.SLACK and part.strip("-").isdigit():
        return alone or len(part) >= _MIN_OTHER
    if alone:
        is_part = (len(part) >= _MIN_ALONE and has_mixed_characters(part)) or len(part) >= _MIN_NOT_RANDOM
    else:
        is_part = looks_random(part, _MIN_AFTER_WIDE if broken.wide else _MIN_OTHER)
    if is_part or border >= _MAX_UNRECOGNISED:
        return is_part
    # The beginning of a token may have been taken for a value because of the name before it.
    crossing = any(span.start < border < span.end for span in detector().by_token_rules(joined))
    return crossing and not detector().by_token_rules(broken.text)


def _mark_crossing(joined: BrokenToken, border: int, found: dict[int, list[Span]]) -> str:
    """Add the tokens that cross the last border of `joined` to their rows in `found`; return their kind."""
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
    """Add to `found` (row index: spans) the parts of secrets that continue from the row above.

    Blank rows are skipped. Each row is visited once, so the time is linear.
    """
    label: Label | None = None
    broken: BrokenToken | None = None
    for index, row in enumerate(rows):
        if not row.strip(" \t"):
            continue
        if label and (values := labelled_values(row, label)):
            found.setdefault(index, []).extend(values)
            # The supposed label may be the beginning of a token that the line break split.
            broken = continue_token(row, index, found, broken) if broken and not broken.kind else None
        elif broken:
            broken = continue_token(row, index, found, broken)
        spans = found.get(index, ())
        label = label_at_end(row, spans)
        broken = broken or broken_token_at_end(row, index, spans)
