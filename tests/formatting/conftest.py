"""Golden files: what the looks are, as text that a reviewer can read in a diff."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "golden"


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Compares a text with its golden file; with GOLDEN=write in the environment it writes the file."""

    def compare(name: str, actual: str) -> None:
        file = FOLDER / name
        if os.environ.get("GOLDEN") == "write":
            file.write_text(actual, encoding="utf-8")
        expected = file.read_text(encoding="utf-8")

        assert expected == actual

    return compare
