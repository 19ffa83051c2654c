"""All secrets that stand within one row."""

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


class Detector(NamedTuple):
    """The rules that a text may need: those with a hint in it. Others need not be tried on its rows."""

    hinted: tuple[tuple[str, tuple[TokenRule, ...]], ...]
    name_hints: tuple[str, ...]

    def restricted_to(self, text: str) -> Detector:
        """Return the detector that suffices for `text` and each part of it."""
        lower = text.lower()
        return Detector(
            tuple(pair for pair in self.hinted if pair[0] in lower),
            tuple(hint for hint in self.name_hints if hint in lower),
        )

    def secrets(self, row: str) -> list[Span]:
        """Return all secrets in `row`, in no order; they may overlap. Takes time linear in its length."""
        spans = self.plain_secrets(row)
        for start, end, text in encoded_texts(row):
            within = [span.kind for span in detector().plain_secrets(text) if span.end > span.start]
            if has_private_key(text):
                within = [Kind.PRIVATE_KEY]
            spans += [Span(start, end, kind) for kind in within[:1]]
        return spans

    def by_token_rules(self, row: str) -> list[Span]:
        """Return the secrets in `row` that their own shape tells."""
        return self._by_token_rules(row, row.lower())

    def plain_secrets(self, row: str) -> list[Span]:
        """Return the secrets in `row` that stand there unencoded, by shape or by name."""
        lower = row.lower()
        spans = self._by_token_rules(row, lower)
        for hint in self.name_hints:
            if hint in lower:
                spans += assigned_values(row)
                break
        return spans

    def _by_token_rules(self, row: str, lower: str) -> list[Span]:
        matching: dict[int, TokenRule] = {}
        for hint, rules in self.hinted:
            if hint in lower:
                matching.update((id(rule), rule) for rule in rules)
        return [span for rule in matching.values() for span in rule.spans(row)]


@cache
def detector() -> Detector:
    """Return the detector with every rule, each under its hints: a look for a hint spares the patterns."""
    hinted: dict[str, list[TokenRule]] = {}
    for rule in (*TOKEN_RULES, *library_rules()):
        for hint in rule.hints:
            hinted.setdefault(hint, []).append(rule)
    return Detector(tuple((hint, tuple(rules)) for hint, rules in hinted.items()), NAME_HINTS)


def is_complete_token(text: str) -> bool:
    """Tell whether `text` is a secret of its full length, so that nothing is missing at its end."""
    return any(rule.full == len(text) and rule.pattern.fullmatch(text) is not None for rule in TOKEN_RULES)
