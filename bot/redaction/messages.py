"""Redacts a single external text (message, error, field) and bounds its length."""

from __future__ import annotations

from functools import lru_cache

from bot.redaction.redactor import redact_lines
from bot.redaction.slack_markup import neutralise

#: Maximum bytes (UTF-8) of a text; the rest is discarded. Redacting as much takes some tens of milliseconds,
#: and up to two hundred if every word resembles a secret.
MAX_BYTES = 65_536
CUT_MARK = " ... [cut here]"
# Characters before the cut that are redacted and then dropped, as the cut may have split a secret there.
_DROPPED_CHARACTERS = 8_192
_CONTINUATION, _CONTINUATION_MASK = 0x80, 0xC0
_MASK_END = " removed]"
# Number of cached texts; at maximum length they take 64 MB.
_CACHE_SIZE = 512


def bounded(text: str, *, most: int = MAX_BYTES) -> str:
    """Return the first `most` bytes (as UTF-8) of `text`, without a partial character at the end."""
    if len(text) * 4 <= most:
        return text
    data = text[:most].encode("utf-8", "surrogatepass")
    if len(data) <= most:
        return text[:most]
    end = most
    while data[end] & _CONTINUATION_MASK == _CONTINUATION:
        end -= 1
    return data[:end].decode("utf-8", "surrogatepass")


def redact(text: str, *, most: int = MAX_BYTES) -> str:
    """Return `text` with every secret replaced by its kind in brackets, such as `[W&B key removed]`.

    Escapes and zero-width characters, which could hide a secret from the patterns, are removed; a progress
    line is in its last state. A text longer than `most` bytes is cut before redaction, and no part of a
    secret that the cut split is returned. Use `redact_lines` for whole logs.
    """
    head = bounded(text, most=most)
    return _redacted(head, cut=len(head) < len(text))


def safe(text: str, *, most: int = MAX_BYTES) -> str:
    """Return `text` redacted and neutralised: safe to show in a chat once `&<>` are escaped.

    It is cut as by `redact`.
    """
    return neutralise(redact(text, most=most))


def safe_field(text: str) -> str:
    """Return `safe(text)`, cached: services return the same error of an object with each listing."""
    head = bounded(text)
    return _cached(head, cut=len(head) < len(text))


def plain_name(text: str) -> str:
    """Return an external name, cut and neutralised; names are not redacted."""
    return neutralise(bounded(text))


@lru_cache(maxsize=_CACHE_SIZE)
def _cached(head: str, *, cut: bool) -> str:
    return neutralise(_redacted(head, cut=cut))


def _redacted(head: str, *, cut: bool) -> str:
    shown = redact_lines([head])[0]
    if not cut:
        return shown
    # A secret that the cut split is not always recognised by its beginning. If it is, its mask ends the text.
    if not shown.endswith(_MASK_END):
        shown = shown[: max(0, len(shown) - _DROPPED_CHARACTERS)]
    return shown + CUT_MARK
