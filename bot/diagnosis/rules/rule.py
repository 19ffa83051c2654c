"""What one entry of the table of causes says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from bot.models.diagnosis import Category, Source


class Specificity(IntEnum):
    """How much a match explains; of two matches on one line the stronger wins."""

    CONSEQUENCE = 0  # says only that something failed ("non-zero status")
    SECONDARY = 1  # what a healthy part says when another part died (a peer closed the connection)
    GENERIC = 2  # a class or word that fits many failures
    CLASS = 3  # an exception class or exit code that names its category
    SPECIFIC = 4  # a sentence that names what to change
    VERDICT = 5  # the platform's own reason: it outranks whatever the program said before it died
    OWN = 6  # a cause of the team itself: asked before all others, weighs as SPECIFIC


#: Stands among a cause's `exceptions` for what no exception said: a plain line.
LINE = "-"


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the table.

    It fits an event if one of `patterns` (regular expressions, case-blind; one that begins with a
    letter begins at a word) is found in its text and none of `unless`, if its exception class is one of
    `exceptions` (a class name, or its dotted end; `LINE` for a line outside all tracebacks), if one of the
    patterns of `raised_in` is found in what `Frames.where` tells of it, and if the log comes from one of
    `sources`; an empty tuple asks nothing.
    `advice` says what to do next and may hold named groups of the pattern as `{name}`; the summary always
    keeps what those groups caught. `samples` must be recognised as this cause and `counters` must not:
    both run as tests.
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
