"""Whatever a log holds: no exception, as many entries as given, nothing alive, and stable when repeated."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st
from planted import Planted, shaped

from bot.redaction import redact_lines, safe, safe_lines

LIVE = re.compile(r"<!|<@|<#|<https?://[^>|]*\||```")
PIECES = (
    *("password", "token", "api_key", "secret", "=", ": ", "=>", '"', "'", '\\"', "`", "```", ",", "|"),
    *("\u2502", "{", "}", "<!channel>", "<@U1>", "<https://x|y>", "@here", "](http://x)", "\r", "\n"),
    *("\x1b[31m", "\x1b", "\x9b", "\b", "\u200b", "\u202e", "\u2028", "\x00", "\ud800", "\u0130", "hf_"),
    *("ghp_", "xoxb-", "sk-", "eyJ", "AKIA", "AIza", "ya29.", "-----BEGIN PRIVATE KEY-----"),
    *("-----END PRIVATE KEY-----", "://", "@", "wandb login ", "Bearer ", "Authorization: ", "Cookie: a="),
    *("[", "]", "(", ")", "--", " ", "  ", "value", "name", "0" * 40, "%3D", "%22"),
    *("a1B2c3D4e5F6g7H8i9J0k1L2", "&quot;", "removed]", "[password removed]", "[W&B key removed]"),
    *("input_value=", "wandb: ERROR ", "[rank0]: ", "Step #0: ", "2026-11-23T10:00:00Z ", "export "),
    *("ENV ", "\\n", "\\", ".", "-", "_", "aGZfYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXowMTIzNDU2Nzg5"),
    *("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIB",),
)  # fmt: skip
hostile = st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), max_size=5)
often = settings(max_examples=300, deadline=None, database=None)


def _holds(entries: list[str]) -> None:
    lines = safe_lines(entries)

    assert len(lines) == len(entries)
    assert LIVE.search("\n".join(lines)) is None
    assert safe_lines(lines) == lines
    "\n".join(lines).encode()


@often
@given(entries=hostile)
def test_hostile_pieces(entries: list[str]) -> None:
    """Pieces of secrets and of markup in any order find the seams between the rules."""
    _holds(entries)


@often
@given(entries=st.lists(st.text(), max_size=6))
@example(entries=[""])
@example(entries=[])
def test_random_text(entries: list[str]) -> None:
    """Logs hold anything."""
    _holds(entries)


@often
@given(data=st.lists(st.binary(max_size=200), max_size=5))
def test_random_bytes(data: list[bytes]) -> None:
    """Also what is no text at all, as an invalid UTF-8 log is read."""
    _holds([raw.decode("utf-8", "surrogateescape") for raw in data])


@often
@given(text=st.text())
def test_one_text_twice(text: str) -> None:
    """A text is made safe where it enters and again where it leaves; the second time must change nothing."""
    assert safe(safe(text)) == safe(text)


@often
@given(secret=shaped, before=hostile, after=hostile)
def test_a_secret_among_hostile_pieces(secret: Planted, before: list[str], after: list[str]) -> None:
    """Whatever rules fire around it, a key that stands by itself is removed."""
    lines = safe_lines([*before, f" {secret.value} ", *after])

    assert secret.left_in("\n".join(lines)) == ""


def test_long_lines() -> None:
    """A line of 1 MB in a log is as any other: the seconds it takes are in the benchmark."""
    line = "x" * 500_000 + " password=hunter2-0815 " + "y" * 500_000

    assert redact_lines([line]) == (line.replace("hunter2-0815", "[password removed]"),)
