"""Token rules, which find secrets by their shape, and tests for random values."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Minimum length of a part of a key, to tell it from the words of a hyphenated name.
_MIN_RANDOM_PART = 16
_ALWAYS_KEY_LENGTH = 60
# Longer than any word of prose, shorter than any hexadecimal key.
_MAX_WORD = 24
_MIN_LETTERS, _MIN_CASE_CHANGES = 6, 0.4

_PLACEHOLDERS = re.compile(
    r"\$(?:\{\w+\}|[A-Z_][A-Z0-9_]*|[a-z_]+)|\$\(.*|\{[\w.]*\}|%s|%\(\w+\)s|[*xX.]+|<[\w -]+>"
)
_REST = re.compile(r"[A-Za-z0-9_]++")


def has_mixed_characters(value: str) -> bool:
    """Return whether `value` has letters with digits, or capitals inside a word."""
    if any(character.isdigit() for character in value):
        return any(character.isalpha() for character in value)
    return value[1:] != value[1:].lower() and value != value.upper()


def looks_like_key(value: str) -> bool:
    """Return whether `value` has mixed characters or is longer than a word."""
    return has_mixed_characters(value) or len(value) >= _MAX_WORD


def looks_random(part: str, min_length: int) -> bool:
    """Return whether `part`, a word within other text, has `min_length` characters and looks random."""
    if len(part) >= min_length and has_mixed_characters(part) and any(map(str.isdigit, part)):
        return True
    # Letters only: their case changes more often than in a CamelCase name.
    changes = sum(one.isupper() != other.isupper() for one, other in pairwise(part))
    return len(part) >= max(min_length, _MIN_LETTERS) and changes >= _MIN_CASE_CHANGES * len(part)


def has_long_random_part(value: str) -> bool:
    """Return whether `value` is a key and not a hyphenated name: one of its parts is long and mixed."""
    parts = re.split(r"[-_]", value)
    return len(value) > _ALWAYS_KEY_LENGTH or any(
        len(part) >= _MIN_RANDOM_PART and has_mixed_characters(part) for part in parts
    )


def is_basic_credentials(value: str) -> bool:
    """Return whether `value` is base64 of `user:password`."""
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return False


def is_literal(value: str) -> bool:
    """Return whether `value` is not a placeholder: `$TOKEN`, `${TOKEN}`, `{token}`, `****`, `<password>`."""
    return _PLACEHOLDERS.fullmatch(value) is None


class TokenRule(NamedTuple):
    """The shape of one kind of secret.

    The pattern is tried on rows that contain one of `hints` in lower case. Its group `v`, or the whole match,
    is the secret, extended by the word characters that follow, if `check` accepts it. `full` is the length of
    a complete secret, or 0 if it varies. The pattern must be linear: possessive or bounded repeats, and no
    long run of characters tried twice.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    full: int = 0

    def spans(self, row: str) -> Iterator[Span]:
        """Yield this rule's secrets in `row`, in order; each search starts after the previous match."""
        group = "v" if "v" in self.pattern.groupindex else 0
        position = 0
        while found := self.pattern.search(row, position):
            start, end = found.span(group)
            if rest := _REST.match(row, end):
                end = rest.end()
            position = max(end, found.start() + 1)
            if self.check is None or self.check(row[start:end]):
                yield Span(start, end, self.kind, open=end == len(row) and end - start != self.full)
