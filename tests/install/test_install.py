"""`make setup` on any day: what the lock names is installed, whatever the package index holds."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from package_index import locked, make_wheel, repack_installed, serving

ROOT = Path(__file__).parents[2]
PROJECT = """
[build-system]
requires = ["uv_build>=0.13,<0.14"]
build-backend = "uv_build"
[project]
name = "tiny"
version = "1"
[tool.uv.build-backend]
module-root = ""
"""


@dataclass(frozen=True, slots=True)
class Checkout:
    """A tiny project with the product's own Makefile and installer, and an index for it."""

    folder: Path
    index: str
    wheels: Path

    def make(self, target: str = "setup", **settings: str) -> subprocess.CompletedProcess[str]:
        """Types `make TARGET`; only the index of this test can be reached."""
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "0",
            "PIP_INDEX_URL": self.index,
            "PYTHON": sys.executable,
            **settings,
        }
        command = ["make", "-C", str(self.folder), f"PYTHON={env['PYTHON']}", target]
        return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words

    def installed(self, code: str) -> str:
        """What code prints in the environment that was made."""
        python = self.folder / ".venv/bin/python"
        return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603 - our own words


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """One package requires `other[extra]`; the index also has a newer `other` than the lock."""
    wheels, project = tmp_path / "index", tmp_path / "project"
    alpha = make_wheel(wheels, "alpha", "1.0", requires="other[extra]<3,>=1")
    other = make_wheel(wheels, "other", "1.0", says="locked", extra="extra")
    make_wheel(wheels, "other", "2.0", says="newer", extra="extra")
    uv = repack_installed(wheels, "uv")
    (project / "requirements").mkdir(parents=True)
    (project / "tiny").mkdir()
    (project / "tiny/__init__.py").write_text("")
    (project / "pyproject.toml").write_text(PROJECT)
    for name in ("Makefile", "install.sh"):
        shutil.copy(ROOT / name, project / name)
    for name in ("all", "sandbox"):
        (project / f"requirements/{name}.txt").write_text(locked(alpha) + locked(other))
    (project / "requirements/uv.txt").write_text(locked(uv))
    with serving(wheels) as index:
        yield Checkout(project, index, wheels)


def test_a_newer_release_than_the_lock_s_changes_nothing(checkout: Checkout) -> None:
    """pip resolves an extra anew even where every hash is given, and gave up on the day of a release."""
    made = checkout.make()

    assert 0 == made.returncode, made.stderr
    assert "locked" == checkout.installed("import alpha, other, tiny; print(other.SAYS)")


def test_a_changed_wheel_is_refused(checkout: Checkout) -> None:
    """The hash in the lock is what stands between a replaced file and everybody's secrets."""
    make_wheel(checkout.wheels, "other", "1.0", says="replaced", extra="extra")
    made = checkout.make()

    assert 0 != made.returncode
    assert "hash" in made.stderr.lower()
    assert "could not be installed; the reason stands above" in made.stderr


def test_a_lock_that_is_not_whole_is_refused(checkout: Checkout) -> None:
    """Nothing is resolved, so a package that the lock forgot would only be missed when it is imported."""
    lock = checkout.folder / "requirements/all.txt"
    lock.write_text(lock.read_text().splitlines(keepends=True)[0])
    made = checkout.make()

    assert 0 != made.returncode
    assert "other" in made.stderr


def test_an_environment_left_half_made_is_healed_by_the_same_words(checkout: Checkout) -> None:
    """A set-up that was interrupted leaves a folder behind, and a newcomer does not know to remove it."""
    half = checkout.folder / ".venv/bin"
    half.mkdir(parents=True)
    (half / "python").write_text("#!/bin/sh\nexit 1\n")
    (half / "python").chmod(0o755)
    made = checkout.make()

    assert 0 == made.returncode, made.stderr
    assert "locked" == checkout.installed("import other; print(other.SAYS)")


@pytest.mark.parametrize("beside", ["", "pyvenv.cfg"])
def test_a_folder_with_other_files_is_refused_and_keeps_them(checkout: Checkout, beside: str) -> None:
    """The folder is emptied first, and somebody may name the one that holds the settings and the store."""
    folder = checkout.folder / ".venv"
    folder.mkdir()
    kept = folder / "launch-control.db"
    for file in filter(None, ("launch-control.db", beside)):
        (folder / file).write_text("kept")
    made = checkout.make()

    assert 0 != made.returncode
    assert "holds launch-control.db" in made.stderr
    assert "kept" == kept.read_text()


def test_an_environment_to_be_shipped_can_be_entered_by_another_user(checkout: Checkout) -> None:
    """An admin's umask of 077 must not shut out the user that the bot runs as."""
    place = checkout.folder / "shipped"
    command = f"umask 077; COPY_CODE=1 ./install.sh all {place}"
    env = {
        **os.environ,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": checkout.index,
        "PYTHON": sys.executable,
    }
    subprocess.run(command, shell=True, cwd=checkout.folder, env=env, check=True, capture_output=True)  # noqa: S602 - our own words

    assert 0o755 == stat.S_IMODE(place.stat().st_mode)


# Interpreters that lack something, by what `python -c CODE` answers.
LACKING = {
    "none": ("", "There is no "),
    "a shim": (
        "echo 'shim: python3.10: command not found' >&2; exit 127",
        "(shim: python3.10: command not found)",
    ),
    "old": ('case "$2" in *version_info*) exit 1 ;; esac', "needs Python 3.11 or newer"),
    "no venv": ('case "$2" in *ensurepip*) exit 1 ;; esac', "apt-get install python3-venv"),
}


@pytest.mark.parametrize("name", LACKING)
def test_what_a_machine_lacks_is_one_sentence(checkout: Checkout, tmp_path: Path, name: str) -> None:
    """Each sentence says what to type."""
    script, sentence = LACKING[name]
    python = tmp_path / "python-of-this-test"
    if script:
        python.write_text(f"#!/bin/sh\n{script}\n")
        python.chmod(0o755)
    made = checkout.make(PYTHON=str(python))

    first, *rest = made.stderr.splitlines()
    assert 0 != made.returncode
    assert sentence in first
    assert all(line.startswith("make") for line in rest)


@pytest.mark.parametrize("missing", ["PIP_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_an_index_out_of_reach_is_told_with_the_way_to_set_a_mirror(checkout: Checkout, missing: str) -> None:
    """The first thing that is asked for, and the second: both say the same."""
    made = checkout.make(UV_HTTP_RETRIES="0", **{missing: "http://127.0.0.1:9/simple"})

    assert 0 != made.returncode
    assert "The package index could not be reached" in made.stderr
    assert "export PIP_INDEX_URL=" in made.stderr
