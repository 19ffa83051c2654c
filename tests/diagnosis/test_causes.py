"""Every entry of the table of causes recognises its samples and leaves its counter-samples alone."""

from __future__ import annotations

import re

import pytest

from bot.diagnosis import RULES, Rule, diagnose_lines
from bot.diagnosis.engine import find_candidates
from bot.diagnosis.keywords import KeywordIndex, pattern_hints
from bot.diagnosis.parsing.lines import LogLines, lower
from bot.diagnosis.rules import GUESSES
from bot.diagnosis.rules.matcher import compile_pattern, matcher_for
from bot.models.diagnosis import Category, Confidence, Source

_SAMPLES = [(rule, sample) for rule in RULES for sample in rule.samples]
_COUNTERS = [(rule, counter) for rule in RULES for counter in rule.counters]


def _recognised(text: str, rule: Rule) -> list[str]:
    rows = LogLines(text.split("\n"))
    source = rule.sources[0] if rule.sources else Source.VERTEX
    candidates, _ = find_candidates(rows, range(len(rows)), matcher_for(RULES), source)
    heaviest = sorted(candidates, key=lambda candidate: -candidate.weight)
    return [candidate.match.rule.id for candidate in heaviest if candidate.match is not None]


@pytest.mark.parametrize(
    ("cause", "sample"), _SAMPLES, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_sample(rule: Rule, sample: str) -> None:
    """A sample is recognised as its own cause first, so that no other entry has taken it over."""
    assert [rule.id] == _recognised(sample, rule)[:1]


@pytest.mark.parametrize(
    ("cause", "counter"), _COUNTERS, ids=lambda value: getattr(value, "id", str(value)[:40])
)
def test_counter_sample(rule: Rule, counter: str) -> None:
    """A counter-sample is not taken for the cause: the words alone do not make it."""
    assert rule.id not in _recognised(counter, rule)


@pytest.mark.parametrize("cause", GUESSES, ids=lambda rule: rule.id)
def test_guess(rule: Rule) -> None:
    """An error that no cause knows is given the category that its words suggest, and it says "probably"."""
    lines = ["start", f"ERROR: {rule.samples[0]}", "Container called exit(1)."]
    said = diagnose_lines(lines, source="cloud_run")

    assert (said.root_cause_index, said.category, said.confidence) == (1, rule.category, Confidence.LOW)
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
    ids = [rule.id for rule in RULES]
    poor = [
        c.id
        for c in RULES
        if not (c.samples and c.advice.endswith(".") and (c.patterns or c.exceptions or c.raised_in))
    ]

    assert len(set(ids)) == len(ids)
    assert poor == []


def test_advice_names_only_caught_parts() -> None:
    """What stands in braces in an advice is caught by a pattern of that cause, or it always reads "it"."""
    wrong = []
    for rule in RULES:
        caught = {name for pattern in rule.patterns for name in compile_pattern(pattern).groupindex}
        wrong += [rule.id for name in re.findall(r"\{(\w+)\}", rule.advice) if name not in caught]

    assert wrong == []


def test_every_category_has_a_cause() -> None:
    """No category of the taxonomy is out of reach of the table."""
    assert set(Category) - {Category.NONE} == {rule.category for rule in RULES}


@pytest.mark.parametrize("cause", RULES, ids=lambda rule: rule.id)
def test_hints_never_hide_a_match(rule: Rule) -> None:
    """What fits a pattern holds a word asked for first and begins as foreseen: speed costs no match."""
    for pattern in rule.patterns:
        hints = pattern_hints(pattern)
        for text in (sample for _, sample in _SAMPLES):
            found = compile_pattern(pattern).search(text)
            if found is None:
                continue

            assert not hints.keywords or any(word in found[0].lower() for word in hints.keywords)
            assert not hints.prefixes or found[0].lower().startswith(hints.prefixes)


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
def test_hints(pattern: str, keywords: set[str], prefixes: set[str]) -> None:
    """The words are of the set whose shortest is longest; where none is sure there is none."""
    hints = pattern_hints(pattern)

    assert keywords == set(hints.keywords)
    assert prefixes == {start[:21] for start in hints.prefixes}


def test_words_are_all_heard() -> None:
    """Looking up words by a piece of them finds the same ones as asking for each: speed costs no word."""
    numbers = {rule.id: [at] for at, rule in enumerate(RULES)} | {"oom": [900], "": [901]}
    words = KeywordIndex(numbers)
    for text in ("an oom in gpu_memory.cuda", "network.dnsnetwork.tls", "ab", ""):
        expected = {number for word, meant in numbers.items() if word in text for number in meant}

        assert expected == words.lookup(text)


def test_lower_keeps_places() -> None:
    """No letter becomes two when lowered, so that a place in one text is the same place in the other."""
    text = "".join(chr(code) for code in range(0x11000) if not 0xD800 <= code < 0xE000)

    assert len(text) == len(lower(text))
