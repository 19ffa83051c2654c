"""The small rules: where text is cut, what is escaped, how long "long ago" is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from look_samples import NOW, before

from bot.models.cloud import BuildStatus, ExecutionStatus, JobState, QueueItemState, RunState
from bot.models.launch import Verdict
from formatting import icons
from formatting.card.closing_reply import sparkline
from formatting.slack.action_ids import join_ids, split_ids
from formatting.slack.text import (
    cut,
    escape,
    escape_within,
    fence,
    fence_safe,
    joins,
    link,
    listing,
    one_line,
    safe_url,
)
from formatting.table.width import Packer, display_width
from formatting.times import ago, date_element, date_in_text, duration, utc

STATES = (ExecutionStatus, JobState, BuildStatus, RunState, QueueItemState, Verdict)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (None, "-"),
        (-3, "0 s"),
        (0.9, "0 s"),
        (12, "12 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (125, "2 min 5 s"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
        (86_399, "23 h 59 min"),
        (90_061, "1 d 1 h"),
        (3_000_000, "34 d 17 h"),
    ],
)
def test_durations(seconds: float | None, expected: str) -> None:
    """A duration has at most two units, so that it is read at a glance."""
    assert duration(seconds) == expected


def test_moments() -> None:
    """Ages have one unit. Times are in UTC where the reader's time zone is not available."""
    assert [ago(before(seconds=seconds), NOW) for seconds in (0, 12, 200, 7_300, 200_000)] == [
        "just now",
        "12 s ago",
        "3 min ago",
        "2 h ago",
        "2 d ago",
    ]
    assert ago(None, NOW) == "-"
    assert utc(NOW) == "2026-11-23 14:05 UTC"
    assert date_element(NOW)["fallback"] == "2026-11-23 14:05 UTC"
    assert date_in_text(NOW) == "<!date^1795442700^{date_short_pretty} at {time}|2026-11-23 14:05 UTC>"


def test_every_state_has_a_glyph_and_words() -> None:
    """A colour or a sign alone says nothing to many: each state has one glyph, with its words beside it."""
    for state in itertools.chain(*STATES):
        shown = icons.icon_with_text(state)

        assert shown.split(" ", 1)[1] == state.value.replace("_", " ")
        assert (shown[0] == "?") == (state.value == "unknown")


def test_a_state_looks_the_same_everywhere() -> None:
    """A failed runner, job, run and item wear the same sign."""
    failed = (ExecutionStatus.FAILED, JobState.FAILED, RunState.FAILED, QueueItemState.FAILED, Verdict.FAILED)

    assert {icons.icon(state) for state in failed} == {"✗"}


@given(text=st.text(), limit=st.integers(1, 60))
def test_a_cut_keeps_letters_whole(text: str, limit: int) -> None:
    """A cut never leaves an accent or half an emoji behind, and never exceeds its limit."""
    shorter = cut(text, limit)

    assert len(shorter) <= limit
    if shorter != text:
        kept = shorter.removesuffix("…")
        rest = text[len(kept) :]
        assert text.startswith(kept)
        assert not rest.strip() or not kept or not joins(rest[0])


def test_a_cut_falls_between_words() -> None:
    """Half a word at the end reads like another word."""
    assert cut("the quick brown fox", 14) == "the quick…"
    assert cut("anunbrokenverylongname", 10) == "anunbroke…"
    assert cut("family 👩‍👩‍👧‍👦 photo", 12) == "family…"


@given(text=st.text(alphabet="&<>a`\n ", max_size=200), limit=st.integers(1, 80))
def test_an_escape_is_never_cut(text: str, limit: int) -> None:
    """Half an escape would be shown as letters, or come alive together with what follows."""
    escaped = escape_within(text, limit)

    assert len(escaped) <= max(limit, 1)
    assert escape(escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) == escaped


@given(text=st.text(alphabet="`a\n&<", max_size=80))
def test_nothing_breaks_out_of_a_fence(text: str) -> None:
    """A log that prints a fence must not end ours: what follows would be read as markup."""
    inside = fence(text).removeprefix("```\n").removesuffix("\n```")

    assert "```" not in inside
    assert "```" not in fence_safe(text)


def test_steering_characters_are_gone() -> None:
    """A name must not be able to hide a part of itself, or to turn its neighbours around."""
    assert one_line("a\u202eb\u200bc\x1b[0m\r\nd\te") == "abc [0m d e"
    assert one_line("\ud800") == "\ufffd"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://a b",
        "https://a|b",
        "https://a>b",
        "ftp://a",
        "https://",
        "x" * 4_000,
        "http://[::1",
    ],
)
def test_only_pages_are_linked(url: str) -> None:
    """An address that is no page is left out: Slack would refuse the whole message for it."""
    assert safe_url(url) == ""
    assert link(url, "name") == "`name`"


def test_a_link_escapes_its_address_and_its_label() -> None:
    """An ampersand in an address is the commonest reason for a broken link in Slack."""
    assert link("https://a.b/?x=1&y=2", "a <b>") == "<https://a.b/?x=1&amp;y=2|a &lt;b&gt;>"


def test_lists_read_like_speech() -> None:
    """Three names are named, the rest is counted."""
    assert listing(("a",)) == "a"
    assert listing(("a", "b", "c")) == "a, b and c"
    assert listing(("a", "b", "c", "d", "e")) == "a, b, c and 2 more"


@given(ids=st.lists(st.text(), min_size=1, max_size=5))
def test_ids_come_back_as_they_went(ids: list[str]) -> None:
    """What stands in a button's value is what its press brings back, whatever the ids hold."""
    assert split_ids(join_ids(*ids)) == tuple(ids)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs", "Co", "Cc"]), max_size=40))
def test_packing_loses_nothing(text: str) -> None:
    """Letters that are put aside for the layout come back, with marks for direction at most."""
    packer = Packer()
    back = packer.unpack(packer.pack(text))

    assert back.replace("\u200e", "") == text.replace("\u200e", "")


def test_widths() -> None:
    """Wide letters and emoji take two columns, accents none."""
    assert [display_width(text) for text in ("abc", "日本", "e\u0301", "👩‍👩‍👧‍👦", "🇩🇪")] == [3, 4, 1, 2, 2]


def test_sparklines() -> None:
    """A terminal shows the loss as one line; what is no number, or never changes, does not break it."""
    assert sparkline([1, 2, 3, 4, 5, 6, 7, 8]) == "▁▂▃▄▅▆▇█"
    assert sparkline([5, 5, 5]) == "▁▁▁"
    assert sparkline([]) == sparkline([float("nan")]) == ""
    assert len(sparkline([float(value) for value in range(1_000)], width=40)) == 40
    assert sparkline([-1e308, 1e308]) == "▁█"
