"""Positions of secrets in a row of text, and how they are masked."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Kind(StrEnum):
    """The kind of a removed value, as shown in its place."""

    WANDB = "W&B key"
    HUGGING_FACE = "Hugging Face token"
    GITHUB = "GitHub token"
    GITLAB = "GitLab token"
    SLACK = "Slack token"
    SLACK_WEBHOOK = "Slack webhook"
    GOOGLE_API = "Google API key"
    GOOGLE_OAUTH = "Google OAuth token"
    GOOGLE_CLIENT = "Google client secret"
    PRIVATE_KEY = "private key"
    AWS = "AWS key"
    OPENAI = "OpenAI key"
    ANTHROPIC = "Anthropic key"
    AZURE = "Azure key"
    JWT = "JWT"
    SIGNATURE = "signature"
    COOKIE = "cookie"
    BEARER = "bearer token"
    PASSWORD = "password"  # noqa: S105 - a label, not a password
    SECRET = "secret"  # noqa: S105 - a label, not a secret


# Kinds derived from a name or header; a kind derived from the shape of a value is preferred.
_VAGUE = frozenset({Kind.JWT, Kind.SIGNATURE, Kind.COOKIE, Kind.BEARER, Kind.PASSWORD, Kind.SECRET})


class Span(NamedTuple):
    """A secret at `row[start:end]`; `kind` is a `Kind` or a name of a library plugin.

    `open` means that the value reaches the end of the row and may continue in the next one. An empty open
    span is a label without its value.
    """

    start: int
    end: int
    kind: str
    open: bool = False


_MASK = re.compile(r"\[[\w& ]{3,40} removed\]")
# White space to every pattern, so that masked text is never a value again. It does not occur in cleaned text.
_FILLER = "\x1f"


def blank_out_masks(row: str) -> str:
    """Return `row` with the masks of secrets blanked out; every character keeps its position."""
    return _MASK.sub(lambda found: _FILLER * len(found.group()), row) if " removed]" in row else row


def blank_out(row: str, spans: Iterable[Span]) -> str:
    """Return `row` with each span blanked out; every other character keeps its position."""
    return _replaced(row, spans, lambda start, end, _: _FILLER * (end - start))


def mask(row: str, spans: Iterable[Span]) -> str:
    """Return `row` with each span replaced by its kind in brackets; overlapping spans are merged."""
    return _replaced(row, spans, lambda _start, _end, kind: f"[{kind} removed]")


def _replaced(row: str, spans: Iterable[Span], replacement: Callable[[int, int, str], str]) -> str:
    out: list[str] = []
    position = 0
    for start, end, kind in _merged(spans):
        out += [row[position:start], replacement(start, end, kind)]
        position = end
    return "".join(out) + row[position:]


def _merged(spans: Iterable[Span]) -> list[tuple[int, int, str]]:
    merged: list[tuple[int, int, str]] = []
    for span in sorted(span for span in spans if span.end > span.start):
        if merged and span.start < merged[-1][1]:
            start, end, kind = merged[-1]
            merged[-1] = (start, max(end, span.end), span.kind if kind in _VAGUE else kind)
        else:
            merged.append((span.start, span.end, span.kind))
    return merged
