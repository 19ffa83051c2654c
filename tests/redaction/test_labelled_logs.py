"""The labelled logs: their planted secrets go, and what a diagnosis must quote stays."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bot.redaction import safe_lines

ROOT = Path(__file__).resolve().parents[2]
# The project's own set, and the development set where it is at hand.
FILES = (ROOT / "tests" / "corpus" / "cases.jsonl", ROOT.parent / "shared" / "corpus" / "dev.jsonl")
LIVE = re.compile(r"<!|<@|<#|<https?://[^>|]*\||```")


def _cases() -> list[dict[str, Any]]:
    rows = [row for file in FILES if file.exists() for row in file.read_text(encoding="utf-8").splitlines()]
    return [json.loads(row) for row in rows if row]


def _entries(case: dict[str, Any], secrets: list[str]) -> list[str]:
    """The log with its secrets, which the files hold apart, so that scanners of secrets stay calm."""
    lines = case["lines"]
    for number, secret in enumerate(secrets):
        lines = [line.replace(f"\u27e6secret:{number}\u27e7", secret) for line in lines]
    return [
        line.replace("\u27e6begin\u27e7 ", "-----BEGIN ").replace("\u27e6end\u27e7 ", "-----END ")
        for line in lines
    ]


@pytest.mark.parametrize("case", _cases(), ids=lambda case: str(case["id"]))
def test_a_labelled_log_leaves_safely(case: dict[str, Any]) -> None:
    """Of planted secrets and attacks nothing leaves; the root cause is still readable."""
    secrets = [base64.b64decode(secret).decode() for secret in case["secrets_base64"]]
    entries = _entries(case, secrets)
    lines = safe_lines(entries)
    text = "\n".join(lines)

    assert len(lines) == len(entries)
    assert [secret for secret in secrets if secret in text] == []
    assert LIVE.search(text) is None
    assert safe_lines(lines) == lines
    if case["has_error"] and not any(secret in case["key_phrase"] for secret in secrets):
        assert case["key_phrase"].lower() in lines[case["root_cause_line"]].lower()
