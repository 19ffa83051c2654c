"""How a secret known by its shape is described and found."""

from __future__ import annotations

import base64
import binascii
import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.spans import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long a part of a key must be to stand out from the words of a hyphenated name.
_LONG_PART = 16
_SURELY_LONG = 60
# Longer than any word of prose, shorter than any hexadecimal key.
_LONG_WORD = 24
_LEAST_LETTERS, _MANY_CHANGES = 6, 0.4

_STAND_INS = re.compile(
    r"\$(?:\{\w+\}|[A-Z_][A-Z0-9_]*|[a-z_]+)|\$\(.*|\{[\w.]*\}|%s|%\(\w+\)s|[*xX.]+|<[\w -]+>"
)
_REST = re.compile(r"[A-Za-z0-9_]++")


def has_mixed_characters(value: str) -> bool:
    """Tell whether `value` looks drawn by lot: letters with digits, or capitals inside a word."""
    if any(character.isdigit() for character in value):
        return any(character.isalpha() for character in value)
    return value[1:] != value[1:].lower() and value != value.upper()


def looks_like_key(value: str) -> bool:
    """Tell whether `value` is drawn by lot or longer than a word."""
    return has_mixed_characters(value) or len(value) >= _LONG_WORD


def looks_random(part: str, least: int) -> bool:
    """Tell whether `part`, a word amid other text, has at least `least` characters drawn by lot."""
    if len(part) >= least and has_mixed_characters(part) and any(map(str.isdigit, part)):
        return True
    # Letters alone: their case changes more often than in any CamelCase name.
    changes = sum(one.isupper() != other.isupper() for one, other in pairwise(part))
    return len(part) >= max(least, _LEAST_LETTERS) and changes >= _MANY_CHANGES * len(part)


def has_long_random_part(value: str) -> bool:
    """Tell a key from a hyphenated name: one of its parts is long and looks drawn by lot."""
    parts = re.split(r"[-_]", value)
    return len(value) > _SURELY_LONG or any(
        len(part) >= _LONG_PART and has_mixed_characters(part) for part in parts
    )


def is_basic_credentials(value: str) -> bool:
    """Tell whether `value` is base64 of `user:password`."""
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4))
    except binascii.Error:
        return False


def is_literal(value: str) -> bool:
    """Tell a value from what stands for one: `$TOKEN`, `${TOKEN}`, `{token}`, `****`, `<password>`."""
    return _STAND_INS.fullmatch(value) is None


class TokenRule(NamedTuple):
    """One shape of secret.

    The pattern is tried on rows whose lower-case text holds one of `hints`. Its group `v`, or all of
    it, is the secret, together with the word characters behind it, if `check` agrees. `full` is the
    length of a complete one, 0 where that varies. A pattern must be linear: possessive or bounded
    repeats, and no long run tried twice.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    full: int = 0

    def spans(self, row: str) -> Iterator[Span]:
        """Yield this rule's secrets in `row`, in order; each search starts behind the last find."""
        group = "v" if "v" in self.pattern.groupindex else 0
        position = 0
        while found := self.pattern.search(row, position):
            start, end = found.span(group)
            if rest := _REST.match(row, end):
                end = rest.end()
            position = max(end, found.start() + 1)
            if self.check is None or self.check(row[start:end]):
                yield Span(start, end, self.kind, open=end == len(row) and end - start != self.full)
