"""The three locks: each whole, each within the next, and true to pyproject.toml."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
NAMES = ("uv", "serve", "sandbox", "all")


def entries(name: str) -> dict[str, str]:
    """Each package of a lock with everything that the lock says of it."""
    text = (ROOT / f"requirements/{name}.txt").read_text()
    rows = re.split(r"\n(?=\S)", text.strip())
    return {row.partition("==")[0]: row for row in rows}


@pytest.mark.parametrize("name", NAMES)
def test_every_package_is_pinned_by_hash_and_no_host_is_named(name: str) -> None:
    """What is not pinned is taken from the day, and an index's address would override a mirror."""
    rows = entries(name)

    assert rows
    assert [] == [
        row for row in rows.values() if not re.match(r"[a-z0-9-]+==\S+.*\\\n\s+--hash=sha256:", row)
    ]
    assert "://" not in "".join(rows.values())
    assert "--index" not in "".join(rows.values())


def test_the_bot_s_lock_lies_within_the_sandbox_s_and_that_within_the_tests() -> None:
    """What is tested is what is served: the same versions by the same hashes."""
    serve, sandbox, everything = (entries(name).items() for name in NAMES[1:])

    assert serve < sandbox < everything


def test_test_tools_and_stand_ins_stay_out_of_the_bot_s_lock() -> None:
    """An image holds what the bot runs, and trying the sandbox installs no test tools."""
    assert not {"pytest", "mypy", "ruff", "playwright", "graphql-core"} & set(entries("serve"))
    assert not {"pytest", "mypy", "ruff", "playwright"} & set(entries("sandbox"))
    assert {"graphql-core"} <= set(entries("sandbox"))


@pytest.mark.parametrize(("lock", "extra"), [("serve", ""), ("sandbox", "sandbox"), ("all", "dev")])
def test_the_locks_hold_what_pyproject_asks_for(lock: str, extra: str) -> None:
    """A bound that was raised without `make lock` would be caught by nobody: nothing is resolved."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [Requirement(one) for one in project["optional-dependencies"].get(extra, project["dependencies"])]
    rows = entries(lock)

    for one in asked:
        if one.name != project["name"]:
            version = rows[one.name.lower()].partition("==")[2].split()[0]
            assert version in one.specifier, one
