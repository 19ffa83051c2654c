"""A value in the row below its name: an answer to a prompt, a field of a pretty-printed record."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.key_value import assigned
from bot.redaction.line_prefix import content_start
from bot.redaction.rules import looks_drawn
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
        _ONE_WORD.fullmatch(row, start) or (word and looks_drawn(word.group(), _LEAST_PART))
    ):
        name = "password=" if label.kind == Kind.PASSWORD else "secret="
    else:
        return []
    # As if it stood behind its name in one row.
    moved = start - len(name)
    return [
        Span(span.start + moved, span.end + moved, label.kind, span.open)
        for span in assigned(name + row[start:])
        if span.end > span.start
    ]
