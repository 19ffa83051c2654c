"""One message is cut at 64 KB before it is redacted, and nothing readable is left of a secret at the cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import ASSIGNMENTS, WRAPPINGS, Planted, named, shaped

from bot.redaction import plain_name, redact, safe, safe_field

LONGEST = 65_536
# What may come on top: secrets that are shorter than the words in their place, and the sign of the cut.
MORE = 1_000
few = settings(max_examples=15, deadline=None, database=None)


def straddling(secret: str, before: int) -> str:
    """A text of 5 MB in which that many characters of the secret stand before the cut."""
    words = "the agent says that it failed at once " * 1725
    return f"{words[: LONGEST - before - 1]} {secret} {words * 77}"[:5_000_000]


@few
@pytest.mark.parametrize("before", [1, 4, 9, 12, 17, 20, 25, 39, 40, 60, 200])
@given(secret=shaped)
def test_a_token_at_the_cut_is_not_read(before: int, secret: Planted) -> None:
    """Half a key has no shape any more: what stands before the cut must not be shown."""
    text = safe(straddling(secret.value, before))

    assert secret.left_in(text.replace("removed]", "")) == ""
    assert len(text) <= LONGEST + MORE


@few
@pytest.mark.parametrize("before", [3, 20, 30, 45])
@pytest.mark.parametrize("assignment", ["KEY=value", "JSON in JSON", "name and value in JSON", "an option"])
@given(secret=named)
def test_a_named_value_at_the_cut_is_not_read(
    assignment: str, before: int, secret: tuple[str, Planted]
) -> None:
    """The same for what only its name tells: name, sign or value may be cut."""
    name, planted = secret
    text = safe(straddling(ASSIGNMENTS[assignment](name, planted.value), before))

    assert planted.left_in(text.replace("removed]", "")) == ""


@few
@pytest.mark.parametrize(
    "wrapping", ["in base64", "with zero-width spaces between", "typed over", "in a header"]
)
@given(secret=shaped, before=st.integers(1, 300))
def test_a_hidden_token_at_the_cut_is_not_read(wrapping: str, before: int, secret: Planted) -> None:
    """Encoded or with invisible characters between, a token is longer than it looks."""
    text = safe(straddling(WRAPPINGS[wrapping](secret.value), before))

    assert secret.left_in(text.replace("removed]", "")) == ""


@pytest.mark.parametrize("character", ["\u00e9", "\u20ac", "\U0001f680", "\ud800"])
@pytest.mark.parametrize("shift", range(4))
def test_the_cut_falls_between_characters(character: str, shift: int) -> None:
    """64 KB are bytes of UTF-8; half a character would be shown as a question mark, or break an encoder."""
    text = redact("x" * shift + character * 100_000)

    shown = text.removesuffix(" ... [cut here]").lstrip("x")
    assert set(shown) == {"\ufffd" if character == "\ud800" else character}
    assert LONGEST // 2 < len(text.encode()) <= LONGEST + MORE


def test_what_comes_first_is_kept_and_the_cut_is_said() -> None:
    """A person reads the beginning, and must know that there was more."""
    text = safe("the sky fell\n" + "again and again\n" * 400_000)

    assert text.startswith("the sky fell\nagain")
    assert text.endswith(" ... [cut here]")
    assert len(text) > LONGEST * 0.8


def test_a_message_that_is_one_long_secret_keeps_its_words() -> None:
    """A key of megabytes is painted over, and the words before it stay."""
    text = safe("bad key -----BEGIN PRIVATE KEY-----\n" + ("A1b2C3d4" * 8 + "\n") * 80_000)

    assert text.startswith("bad key [private key removed]")
    assert "A1b2C3d4" not in text


def test_at_64_kb_nothing_is_cut() -> None:
    """The limit itself is allowed."""
    assert redact("y" * LONGEST) == "y" * LONGEST
    assert redact("y" * (LONGEST + 1)).endswith("[cut here]")


def test_a_field_and_a_name_are_bounded_as_a_message_is() -> None:
    """A listing holds a hundred of each."""
    long = "<!channel> hf_" + "a1B2" * 10 + " z" * 3_000_000

    assert safe_field(long) == safe(long)
    assert "<!" not in plain_name(long)
    assert len(plain_name(long)) <= LONGEST
