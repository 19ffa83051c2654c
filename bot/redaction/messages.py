"""One message, error or field from outside: cut at a length that is quickly redacted, then made safe."""

from __future__ import annotations

from functools import lru_cache

from bot.redaction.redactor import redact_lines
from bot.redaction.slack_markup import neutralise

#: Bytes of UTF-8 of one text that are looked at; the rest is never shown. Redacting so much takes some tens
#: of milliseconds, and up to two hundred where every word looks like a secret.
LONGEST = 65_536
CUT = " ... [cut here]"
# Characters before the cut that are looked at and not shown: a secret that the cut broke lies in them.
_DROPPED = 8_192
_CONTINUATION, _CONTINUATION_BITS = 0x80, 0xC0
_MASK_END = " removed]"
# Texts that are remembered; at their longest they take 64 MB.
_CACHE_SIZE = 512


def bounded(text: str, *, most: int = LONGEST) -> str:
    """Return the first `most` bytes (as UTF-8) of `text`, without a part of a character at the end."""
    if len(text) * 4 <= most:
        return text
    data = text[:most].encode("utf-8", "surrogatepass")
    if len(data) <= most:
        return text[:most]
    end = most
    while data[end] & _CONTINUATION_BITS == _CONTINUATION:
        end -= 1
    return data[:end].decode("utf-8", "surrogatepass")


def redact(text: str, *, most: int = LONGEST) -> str:
    """Return `text` with every secret replaced by its kind in brackets, such as `[W&B key removed]`.

    The answer is the visible text: escapes and zero-width characters that could hide a secret from
    the eye of a pattern are gone, and a progress line is as it was drawn last. A text of more than `most`
    bytes is cut before it is redacted, and no part of a secret that the cut broke is shown. For whole logs
    there is `redact_lines`.
    """
    head = bounded(text, most=most)
    return _redacted(head, cut=len(head) < len(text))


def safe(text: str, *, most: int = LONGEST) -> str:
    """Return `text` redacted and neutralised: what may be shown in a chat, once `&<>` are escaped.

    Cut as by `redact`.
    """
    return neutralise(redact(text, most=most))


def safe_field(text: str) -> str:
    """Return `safe(text)`, remembered: a service tells the same error of the same thing at each listing."""
    head = bounded(text)
    return _cached(head, cut=len(head) < len(text))


def plain_name(text: str) -> str:
    """Return a name from outside, cut and neutralised; names are not redacted."""
    return neutralise(bounded(text))


@lru_cache(maxsize=_CACHE_SIZE)
def _cached(head: str, *, cut: bool) -> str:
    return neutralise(_redacted(head, cut=cut))


def _redacted(head: str, *, cut: bool) -> str:
    shown = redact_lines([head])[0]
    if not cut:
        return shown
    # A secret that the cut broke is not always known by its beginning; where it is, it is painted over.
    if not shown.endswith(_MASK_END):
        shown = shown[: max(0, len(shown) - _DROPPED)]
    return shown + CUT
