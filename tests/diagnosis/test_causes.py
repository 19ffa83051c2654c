"""Every entry of the table of causes recognises its samples and leaves its counter-samples alone."""

from __future__ import annotations

import re

import pytest

from bot.diagnosis import CAUSES, Cause, diagnose_lines
from bot.diagnosis.engine import find_events
from bot.diagnosis.keywords import Words, hints_of
from bot.diagnosis.parsing.lines import Rows, lower
from bot.diagnosis.rules import GUESSES
from bot.diagnosis.rules.matcher import compiled, table_of
from bot.models.diagnosis import Category, Confidence, Source

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


@pytest.mark.parametrize("cause", GUESSES, ids=lambda cause: cause.id)
def test_guess(cause: Cause) -> None:
    """An error that no cause knows is given the category that its words suggest, and it says "probably"."""
    lines = ["start", f"ERROR: {cause.samples[0]}", "Container called exit(1)."]
    said = diagnose_lines(lines, source="cloud_run")

    assert (said.root_cause_index, said.category, said.confidence) == (1, cause.category, Confidence.LOW)
    assert "probably" in said.advice


def test_guess_keeps_what_the_error_goes_on_with() -> None:
    """That nobody knows an error is no reason to quote less of it."""
    lines = ["start", "ERROR: the plan must name a colour:", "  colours known here: red, blue"]
    said = diagnose_lines([*lines, "Container called exit(1)."], source="cloud_run")

    assert said.category is Category.CONFIG_ERROR
    assert "red, blue" in said.summary


def test_no_guess_about_a_build() -> None:
    """What is missing in a build was to be built there: the build failed, and no name is wrong."""
    lines = ["ERROR: the plan of that name was not found", 'ERROR: build step 0 "plan" failed']

    assert diagnose_lines(lines, source="cloud_build").category is Category.BUILD_FAILURE


def test_every_cause_is_whole() -> None:
    """Each entry has its own id, advice that ends as a sentence, a sample, and a way to be recognised."""
    ids = [cause.id for cause in CAUSES]
    poor = [
        c.id
        for c in CAUSES
        if not (c.samples and c.advice.endswith(".") and (c.patterns or c.exceptions or c.raised_in))
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
def test_hints_never_hide_a_match(cause: Cause) -> None:
    """What fits a pattern holds a word asked for first and begins as foreseen: speed costs no match."""
    for pattern in cause.patterns:
        hints = hints_of(pattern)
        for text in (sample for _, sample in _SAMPLES):
            found = compiled(pattern).search(text)
            if found is None:
                continue

            assert not hints.needles or any(word in found[0].lower() for word in hints.needles)
            assert not hints.starts or found[0].lower().startswith(hints.starts)


@pytest.mark.parametrize(
    ("pattern", "needles", "starts"),
    [
        (r"no space left on device", {"no space left on device"}, {"no space left on devi"}),
        (r"failed to (?:pull|push) \S+ image", {"failed to "}, {"failed to pull ", "failed to push "}),
        (r"colou?r", {"colo"}, {"color", "colour"}),
        (r"abc|bcd", {"abc", "bcd"}, {"abc", "bcd"}),
        (r"a|bcd", {"a", "bcd"}, set()),
        (r"(?:abc)?bcd", {"bcd"}, {"abcbcd", "bcd"}),
        (r"\[Errno 28\]", {"[errno 28]"}, {"[errno 28]"}),
        (r"x{2}yes[^\]]?no", {"yes"}, set()),
        (r"(?<!x)(?=f)foo", {"foo"}, {"foo"}),
        (r"^\S+ failed", {" failed"}, set()),
        (r"\d+", set(), set()),
        (r"ab+cde", {"cde"}, set()),
    ],
)
def test_hints(pattern: str, needles: set[str], starts: set[str]) -> None:
    """The words are of the set whose shortest is longest; where none is sure there is none."""
    hints = hints_of(pattern)

    assert needles == set(hints.needles)
    assert starts == {start[:21] for start in hints.starts}


def test_words_are_all_heard() -> None:
    """Looking up words by a piece of them finds the same ones as asking for each: speed costs no word."""
    numbers = {cause.id: [at] for at, cause in enumerate(CAUSES)} | {"oom": [900], "": [901]}
    words = Words(numbers)
    for text in ("an oom in gpu_memory.cuda", "network.dnsnetwork.tls", "ab", ""):
        expected = {number for word, meant in numbers.items() if word in text for number in meant}

        assert expected == words.heard(text)


def test_lower_keeps_places() -> None:
    """No letter becomes two when lowered, so that a place in one text is the same place in the other."""
    text = "".join(chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000)

    assert len(text) == len(lower(text))
