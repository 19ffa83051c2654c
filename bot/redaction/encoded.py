"""Base64 that holds text: a key, a service account or a login that was encoded before it was logged."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Both alphabets; anything shorter holds no key.
_WORD = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}+={0,2}")
_STANDARD = str.maketrans("-_", "+/")
_LAYOUT = str.maketrans("", "", "\r\n\t")


def encoded_texts(row: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text) of each word of `row` that is base64 of printable ASCII text."""
    for found in _WORD.finditer(row):
        word = found.group().rstrip("=").translate(_STANDARD)
        # A last single character holds no byte; "==" completes whatever is left.
        decoded = base64.b64decode(word[: len(word) - (len(word) % 4 == 1)] + "==")
        if decoded.isascii() and (text := decoded.decode("ascii")).translate(_LAYOUT).isprintable():
            yield found.start(), found.end(), text
