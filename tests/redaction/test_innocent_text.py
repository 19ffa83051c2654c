"""What is no secret stays: a diagnosis quotes lines that speak of tokens, keys, digests and paths."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.redaction import redact, redact_lines, safe

INNOCENT = tuple(Path(__file__).with_name("innocent.txt").read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("line", INNOCENT)
def test_innocent_text_is_untouched(line: str) -> None:
    """Each of these lines was once hidden, or has the words, lengths or digits that secrets have."""
    assert safe(line) == line


def test_innocent_lines_stay_so_together() -> None:
    """What stands in the next entry must not make a secret of a word."""
    assert redact_lines(INNOCENT) == INNOCENT


def test_a_digest_behind_a_password_stays() -> None:
    """The image and its digest say what failed to be pulled; only the login is hidden."""
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    assert (
        redact(f"https://bob:pw-1@reg.example:5000/a/b@sha256:{digest}")
        == f"https://bob:[password removed]@reg.example:5000/a/b@sha256:{digest}"
    )
