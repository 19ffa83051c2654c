"""The definition of a diagnosis rule."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bot.models.diagnosis import Category, Source


class Specificity(IntEnum):
    """How much a match explains; among the matches of a line the most specific wins."""

    CONSEQUENCE = 0  # only says that something failed ("non-zero status")
    SECONDARY = 1  # caused by the failure of another process (a peer closed the connection)
    GENERIC = 2  # a class or word common to many failures
    CLASS = 3  # an exception class or exit code that names its category
    SPECIFIC = 4  # a sentence that names what to change
    VERDICT = 5  # the platform's reason: it outranks all messages of the program
    CUSTOM = 6  # a user-defined rule: tried before all others, weighs about as much as SPECIFIC


#: In a rule's `exceptions`: a plain line, outside all tracebacks.
LINE = "-"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the diagnosis.

    It matches a candidate if all of these hold; an empty tuple is no condition:

    - One of `patterns` and none of `unless` is found in the text. They are case-insensitive regular
      expressions; one that begins with a letter matches at the start of a word.
    - The exception class is one of `exceptions`: a class name, the end of a dotted name, or `LINE` for a line
      outside all tracebacks.
    - One of the `raised_in` patterns is found in the result of `Frames.where`.
    - The log comes from one of `sources`.

    `advice` says what to do next. It may contain named groups of the pattern as `{name}`; the summary always
    keeps their text. `samples` must match this rule and `counters` must not: both run as tests.
    """

    id: str
    category: Category
    advice: str
    patterns: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    raised_in: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    specificity: Specificity = Specificity.SPECIFIC
    samples: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()
