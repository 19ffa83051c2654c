"""The words of a filter (google.aip.dev/160 and Cloud Logging's query language)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from bot.sandbox.google.failures import invalid


class Kind(Enum):
    """What a word is."""

    TEXT = auto()  # "quoted"
    BARE = auto()  # a name, a number, AND, OR, NOT
    OPERATOR = auto()
    OPEN = auto()
    CLOSE = auto()
    DOT = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Word:
    """One word, and where it stands in the filter."""

    kind: Kind
    text: str
    at: int


_WORDS = re.compile(
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


def words_of(text: str) -> list[Word]:
    """Return the filter's words, END last; raises INVALID_ARGUMENT at the first character that fits nowhere."""
    words: list[Word] = []
    at = 0
    while at < len(text.rstrip()):
        match = _WORDS.match(text, at)
        if match is None or match.lastgroup is None:
            raise unparseable(text, at)
        found = match.group(match.lastgroup)
        if match.lastgroup == "TEXT":
            found = re.sub(r"\\(.)", r"\1", found[1:-1], flags=re.DOTALL)
        words.append(Word(Kind[match.lastgroup], found, match.start(match.lastgroup)))
        at = match.end()
    return [*words, Word(Kind.END, "", len(text))]


def unparseable(text: str, at: int) -> Exception:
    """INVALID_ARGUMENT for a filter that does not parse, pointing at the place."""
    return invalid(
        f"Unparseable filter: syntax error at line 1, column {at + 1}, token '{text[at : at + 20]}'", "filter"
    )
