from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.models.diagnosis import Category, Confidence, Diagnosis
from formatting.failure.plain_text import diagnosis_text
from handlers.cli.main import cli

HEALTHY = "epoch 1\nepoch 2\nError: 0 errors found\n"
KEY = "5a" * 20
FAILED = (
    "step 1\n"
    f"WANDB_API_KEY={KEY}\n"
    "Traceback (most recent call last):\n"
    '  File "/app/train.py", line 12, in <module>\n'
    "    main()\n"
    "KeyError: 'learning_rate'\n"
)


def run(*words: str, given: bytes | str | None = None) -> Result:
    return CliRunner().invoke(cli, ["diagnose", *words], input=given)


def file_with(folder: Path, content: bytes | str) -> str:
    path = folder / "train.log"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def test_an_error_is_told_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    """At night one wants the cause, where it stands, what to do, and the lines around it."""
    result = run(file_with(tmp_path, FAILED))

    first, *facts = result.output.splitlines()
    assert "❌ ERROR: KeyError: 'learning_rate'" in first
    assert "  Category:   code_exception" in facts
    assert "  Root cause: line 6 of 6" in facts
    assert any(line.startswith("  Confidence: ") for line in facts)
    assert any(line.startswith("  What to do: ") for line in facts)
    assert "▶ 6 │ KeyError: 'learning_rate'" in facts
    assert "  1 │ step 1" in facts
    assert KEY not in result.output
    assert 1 == result.exit_code


def test_a_healthy_log_is_healthy(tmp_path: Path) -> None:
    """The exit code is for scripts: 0 says that there is nothing to do."""
    result = run(file_with(tmp_path, HEALTHY))

    assert (0, "✓ No error found. 3 lines read.\n") == (result.exit_code, result.output)


def test_json_has_the_fields_of_the_diagnosis(tmp_path: Path) -> None:
    """Other programs read the same answer, and the same exit code."""
    result = run(file_with(tmp_path, FAILED), "--json")

    told = json.loads(result.output)
    assert set(Diagnosis.__slots__) == set(told)
    assert (True, "code_exception", 5) == (told["has_error"], told["category"], told["root_cause_index"])
    assert told["context"][told["context_root"]] == "KeyError: 'learning_rate'"
    assert 1 == result.exit_code
    assert 0 == run(file_with(tmp_path, HEALTHY), "--json").exit_code


def test_standard_input_is_read() -> None:
    """A log comes out of a pipe as often as out of a file."""
    assert run("-", given=FAILED).exit_code == 1
    assert run("-", given=HEALTHY).exit_code == 0


@pytest.mark.parametrize("source", ["cloud_run", "vertex", "cloud_build"])
def test_every_source_is_taken(tmp_path: Path, source: str) -> None:
    """The kinds of logs are those that the bot itself reads."""
    assert 1 == run(file_with(tmp_path, FAILED), "--source", source).exit_code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 0),
        (b"\n\n", 0),
        (b"caf\xe9 \xff\xfe\n" + FAILED.encode(), 1),
        (b"\xef\xbb\xbf" + FAILED.encode(), 1),
        (FAILED.replace("\n", "\r\n").encode(), 1),
        (FAILED.encode("utf-16"), 1),
        (b"10%|#   |\r20%|##  |\r30%|### |\n" + FAILED.encode(), 1),
        (b"\x1b[31mred\x1b[0m \x00 stray\n" + FAILED.encode(), 1),
        (FAILED.rstrip("\n").encode(), 1),
    ],
)
def test_logs_are_read_as_they_are_found(tmp_path: Path, content: bytes, code: int) -> None:
    """Latin letters, byte order marks, Windows line ends, progress bars and colours are no reason to fail."""
    result = run(file_with(tmp_path, content))

    assert code == result.exit_code
    assert "Traceback" not in result.stderr
    assert "\x1b" not in result.output


def test_what_cannot_be_read_is_said_in_a_sentence(tmp_path: Path) -> None:
    """Exit code 2 and one line on standard error, never a traceback and never "healthy"."""
    unreadable = {
        str(tmp_path / "missing.log"): "there is no such file",
        str(tmp_path): "that is a directory",
        file_with(tmp_path, gzip.compress(os.urandom(2_000))): "that is no text",
        "nul\0name": "cannot be read",
    }
    for name, words in unreadable.items():
        result = run(name)

        assert (2, "") == (result.exit_code, result.stdout)
        assert words in result.stderr
        assert "Example: " in result.stderr
        assert 1 == len(result.stderr.splitlines())


def test_nothing_to_read_is_a_usage_error() -> None:
    """Without a file the command says how it is used."""
    assert 2 == run().exit_code
    assert 2 == run("x", "--source", "elsewhere").exit_code


def test_a_terminal_cannot_be_taken_over(tmp_path: Path) -> None:
    """A log that clears the screen or renames the window does so in whoever's terminal prints it."""
    result = run(file_with(tmp_path, "\x1b]0;owned\x07\x1b[2J\x9b2J\x08\n" + FAILED))

    assert 1 == result.exit_code
    assert not [char for char in result.output if char < " " and char != "\n"]


def test_causes_of_ones_own_are_read_from_the_settings(tmp_path: Path) -> None:
    """A team tries its own cause on a file before it trusts the bot with it."""
    settings = tmp_path / "own.toml"
    example = Path(__file__).parents[2] / "settings.example.toml"
    own = '\n[[cause]]\nid = "our-cluster"\ncategory = "config_error"\nadvice = "Ask Ana."\n'
    settings.write_text(example.read_text() + own + 'patterns = ["flux capacitor empty"]\n')
    log = file_with(tmp_path, "step 1\nfatal: flux capacitor empty\nContainer called exit(1).\n")

    result = run(log, "--settings", str(settings), "--json")

    assert "our-cluster" == json.loads(result.output)["cause_id"]


def test_a_bad_cause_of_ones_own_is_said(tmp_path: Path) -> None:
    """A mistake in the settings is a sentence, with exit code 2."""
    settings = tmp_path / "own.toml"
    example = Path(__file__).parents[2] / "settings.example.toml"
    settings.write_text(example.read_text() + '\n[[cause]]\nid = "x"\n')

    result = run(file_with(tmp_path, FAILED), "--settings", str(settings))

    assert (2, "") == (result.exit_code, result.stdout)
    assert "own.toml" in result.stderr


def test_the_command_needs_no_slack_and_no_cloud(tmp_path: Path) -> None:
    """Reading a file starts nothing else, so it answers at once."""
    code = (
        "import sys\nfrom handlers.cli.main import cli\n"
        "try:\n    cli(['diagnose', sys.argv[1]])\nexcept SystemExit as done:\n    code = done.code\n"
        "heavy = [name for name in ('slack_sdk', 'sqlalchemy', 'wandb', 'grpc') if name in sys.modules]\n"
        "sys.exit(f'{code} {heavy}')"
    )

    answer = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code, file_with(tmp_path, FAILED)], capture_output=True, text=True, check=False
    )

    assert "1 []" == answer.stderr.strip()


def test_probably_is_said_of_a_guess() -> None:
    """Low confidence is worded as such; a long line is cut, and every number stands under the other."""
    guess = Diagnosis(
        has_error=True,
        category=Category.UNKNOWN,
        root_cause_index=99,
        summary="it stopped",
        context=("before", "x" * 500, "after"),
        advice="Look above",
        confidence=Confidence.LOW,
        context_root=1,
    )

    lines = diagnosis_text(guess, lines=1_200).splitlines()

    assert "❌ ERROR: Probably: it stopped" == lines[0]
    assert "  Root cause: line 100 of 1,200" in lines
    assert "  What to do: Look above." in lines
    assert ["   99 │ before", "  101 │ after"] == [lines[-3], lines[-1]]
    assert lines[-2].startswith("▶ 100 │ xxx")
    assert lines[-2].endswith("…")
