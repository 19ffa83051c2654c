"""Every entry of the table of causes recognises its samples and leaves its counter-samples alone."""

from __future__ import annotations

import re

import pytest

from bot.diagnosis import CAUSES, Cause
from bot.diagnosis.engine import find_events
from bot.diagnosis.needles import needle_of
from bot.diagnosis.rows import Rows
from bot.diagnosis.table import compiled, table_of
from bot.models.diagnosis import Category, Source

_SAMPLES = [(cause, sample) for cause in CAUSES for sample in cause.samples]
_COUNTERS = [(cause, counter) for cause in CAUSES for counter in cause.counters]


def _recognised(text: str, cause: Cause) -> list[str]:
    rows = Rows(text.split("\n"))
    source = cause.sources[0] if cause.sources else Source.VERTEX
    events, _ = find_events(rows, range(len(rows)), table_of(CAUSES), source)
    heaviest = sorted(events, key=lambda event: -event.weight)
    return [event.match.cause.id for event in heaviest if event.match is not None]


@pytest.mark.parametrize(
    ("cause", "sample"), _SAMPLES, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_sample(cause: Cause, sample: str) -> None:
    """A sample is recognised as its own cause first, so that no other entry has taken it over."""
    assert [cause.id] == _recognised(sample, cause)[:1]


@pytest.mark.parametrize(
    ("cause", "counter"), _COUNTERS, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_counter_sample(cause: Cause, counter: str) -> None:
    """A counter-sample is not taken for the cause: the words alone do not make it."""
    assert cause.id not in _recognised(counter, cause)


def test_every_cause_is_whole() -> None:
    """Each entry has its own id, advice that ends as a sentence, a sample, and a way to be recognised."""
    ids = [cause.id for cause in CAUSES]
    poor = [
        c.id for c in CAUSES if not (c.samples and c.advice.endswith(".") and (c.patterns or c.exceptions))
    ]

    assert len(set(ids)) == len(ids)
    assert poor == []


def test_advice_names_only_caught_parts() -> None:
    """What stands in braces in an advice is caught by a pattern of that cause, or it always reads "it"."""
    wrong = []
    for cause in CAUSES:
        caught = {name for pattern in cause.patterns for name in compiled(pattern).groupindex}
        wrong += [cause.id for name in re.findall(r"\{(\w+)\}", cause.advice) if name not in caught]

    assert wrong == []


def test_every_category_has_a_cause() -> None:
    """No category of the taxonomy is out of reach of the table."""
    assert set(Category) - {Category.NONE} == {cause.category for cause in CAUSES}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.id)
def test_needles_never_hide_a_match(cause: Cause) -> None:
    """The plain word asked for first is in every text that the pattern fits: speed costs no match."""
    for pattern in cause.patterns:
        for text in (sample for _, sample in _SAMPLES):
            found = compiled(pattern).search(text)

            assert found is None or needle_of(pattern) in text.lower()


@pytest.mark.parametrize(
    ("pattern", "needle"),
    [
        (r"no space left on device", "no space left on device"),
        (r"failed to (?:pull|push) \S+ image", "failed to "),
        (r"colou?r", "colo"),
        (r"a|bcd", ""),
        (r"\[Errno 28\]", "[errno 28]"),
        (r"x{2}yes[abc]?no", "yes"),
    ],
)
def test_needle(pattern: str, needle: str) -> None:
    """The word is the longest that a fitting text must hold; where none is sure there is none."""
    assert needle == needle_of(pattern)
