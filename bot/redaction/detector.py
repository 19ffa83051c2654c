"""Finds all secrets within one row."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.key_value import NAME_HINTS, assigned_values
from bot.redaction.library import library_rules
from bot.redaction.private_keys import has_private_key
from bot.redaction.rules import TokenRule
from bot.redaction.spans import Kind, Span
from bot.redaction.token_rules import TOKEN_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

# Both base64 alphabets; shorter words contain no key.
_BASE64_WORD = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}+={0,2}")
_TO_STANDARD = str.maketrans("-_", "+/")
_LAYOUT = str.maketrans("", "", "\r\n\t")


def encoded_texts(row: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, text) of each word of `row` that is base64 of printable ASCII text."""
    for found in _BASE64_WORD.finditer(row):
        word = found.group().rstrip("=").translate(_TO_STANDARD)
        # A single last character encodes no byte. "==" is sufficient padding for any length.
        decoded = base64.b64decode(word[: len(word) - (len(word) % 4 == 1)] + "==")
        if decoded.isascii() and (text := decoded.decode("ascii")).translate(_LAYOUT).isprintable():
            yield found.start(), found.end(), text


class Detector(NamedTuple):
    """The rules that a text may need: those with one of their hints in it."""

    rules_by_hint: tuple[tuple[str, tuple[TokenRule, ...]], ...]
    name_hints: tuple[str, ...]

    def restricted_to(self, text: str) -> Detector:
        """Return the detector with the rules that `text` and its parts may need."""
        lower = text.lower()
        return Detector(
            tuple(pair for pair in self.rules_by_hint if pair[0] in lower),
            tuple(hint for hint in self.name_hints if hint in lower),
        )

    def secrets(self, row: str) -> list[Span]:
        """Return all secrets in `row`, unordered and possibly overlapping. Linear in its length."""
        spans = self.plain_secrets(row)
        for start, end, text in encoded_texts(row):
            kinds = [span.kind for span in detector().plain_secrets(text) if span.end > span.start]
            if has_private_key(text):
                kinds = [Kind.PRIVATE_KEY]
            spans += [Span(start, end, kind) for kind in kinds[:1]]
        return spans

    def by_token_rules(self, row: str) -> list[Span]:
        """Return the secrets in `row` that their shape identifies."""
        return self._by_token_rules(row, row.lower())

    def plain_secrets(self, row: str) -> list[Span]:
        """Return the secrets in `row` that are not encoded, identified by shape or by name."""
        lower = row.lower()
        spans = self._by_token_rules(row, lower)
        for hint in self.name_hints:
            if hint in lower:
                spans += assigned_values(row)
                break
        return spans

    def _by_token_rules(self, row: str, lower: str) -> list[Span]:
        matching: dict[int, TokenRule] = {}
        for hint, rules in self.rules_by_hint:
            if hint in lower:
                matching.update((id(rule), rule) for rule in rules)
        return [span for rule in matching.values() for span in rule.spans(row)]


@cache
def detector() -> Detector:
    """Return the detector with all rules, by hint: a substring test for a hint avoids most patterns."""
    rules_by_hint: dict[str, list[TokenRule]] = {}
    for rule in (*TOKEN_RULES, *library_rules()):
        for hint in rule.hints:
            rules_by_hint.setdefault(hint, []).append(rule)
    return Detector(tuple((hint, tuple(rules)) for hint, rules in rules_by_hint.items()), NAME_HINTS)


def is_complete_token(text: str) -> bool:
    """Return whether `text` is a secret of full length, so that no part of it is missing."""
    return any(rule.full == len(text) and rule.pattern.fullmatch(text) is not None for rule in TOKEN_RULES)
