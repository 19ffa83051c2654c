"""Tokenizer of filters (google.aip.dev/160 and Cloud Logging's query language)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot.sandbox.google.failures import invalid


class TokenKind(Enum):
    """Kinds of tokens."""

    TEXT = auto()  # "quoted"
    BARE = auto()  # a name, a number, AND, OR, NOT
    OPERATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    DOT = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A token and its position in the filter."""

    kind: TokenKind
    text: str
    at: int


_TOKENS = re.compile(
    r"""\s*(?:
      (?P<TEXT>"(?:[^"\\]|\\.)*")
    | (?P<OPERATOR>!=|>=|<=|=~|!~|=|>|<|:)
    | (?P<OPEN>\()
    | (?P<CLOSE>\))
    | (?P<DOT>\.)
    | (?P<BARE>[A-Za-z0-9_*/+-]+)
    )""",
    re.VERBOSE,
)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a filter, END last; raise INVALID_ARGUMENT at an unexpected character."""
    tokens: list[Token] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKENS.match(text, at)
        if match is None or match.lastgroup is None:
            raise unparseable(text, at)
        found = match.group(match.lastgroup)
        if match.lastgroup == "TEXT":
            found = re.sub(r"\\(.)", r"\1", found[1:-1], flags=re.DOTALL)
        tokens.append(Token(TokenKind[match.lastgroup], found, match.start(match.lastgroup)))
        at = match.end()
    return [*tokens, Token(TokenKind.END, "", len(text))]


def unparseable(text: str, at: int) -> Exception:
    """Return INVALID_ARGUMENT for a filter that cannot be parsed, with the position of the error."""
    return invalid(
        f"Unparseable filter: syntax error at line 1, column {at + 1}, token '{text[at : at + 20]}'", "filter"
    )
