"""The same error is found in whatever a logger, a launcher or a service has written around it."""

from __future__ import annotations

import json

import pytest

from bot.diagnosis import diagnose_lines
from bot.diagnosis.parsing.prefixes import Level, parse_line
from bot.models.diagnosis import Category

_START = ["boot of the trainer", "loading all the data"]
_FAILED = [
    "closing the loaders of the run",
    "The replica workerpool0-0 exited with a non-zero status of 1.",
    "Job failed.",
]
_ERROR = "shard index is stale, run make shards"
_TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/app/train.py", line 88, in main',
    "    x = read(shard)",
    "acme.io.BadShard: shard seven is upside down",
]


@pytest.mark.parametrize(
    "wrapping",
    [
        "2025-11-18 07:41:11,204 - trainer - ERROR - {}",
        "[2025-11-18 07:41:11,204][__main__][ERROR] - {}",
        "ERROR 2025-11-18 07:41:11,204 train.py:88] {}",
        "[07:41:11] ERROR    {}                 train.py:88",
        "2025-11-18 07:41:11.204 | ERROR    | __main__:main:88 - {}",
        'time="2025-11-18T07:41:11Z" level=error msg="{}"',
        'ts=2025-11-18T07:41:11Z level=error component=io err="{}"',
        "2025-11-18T07:41:11.204Z ERROR {}",
        "[2025-11-18T07:41:11Z ERROR trainer::io] {}",
        "2025-11-18T07:41:11.204Z\tERROR\tio/io.go:88\t{}",
        "25/11/18 07:41:11 ERROR Executor: {}",
        "2025-11-18 07:41:11.204 ERROR 1 --- [main] c.a.Main : {}",
        "[trainer] [error] {}",
        "(trainer pid=12) ERROR {}",
        "\u274c {}",
    ],
)
def test_logger(wrapping: str) -> None:
    """A line with its level behind times, names and places is an error, though no cause fits its words."""
    said = diagnose_lines([*_START, wrapping.format(_ERROR), *_FAILED], source="vertex")

    assert said.root_cause_index == 2
    assert _ERROR in said.summary


@pytest.mark.parametrize(
    "record",
    [
        {"level": "error", "msg": _ERROR},
        {"event": _ERROR, "level": "error", "logger": "io"},
        {"ts": "07:41", "lvl": "error", "evt": _ERROR},
        {"jsonPayload": {"message": _ERROR}, "severity": "ERROR"},
    ],
)
def test_record_in_json(record: dict[str, object]) -> None:
    """A record in JSON is read by the key that its logger gives the message."""
    said = diagnose_lines([*_START, json.dumps(record), *_FAILED], source="vertex")

    assert (said.root_cause_index, said.summary) == (2, f"ERROR: {_ERROR}")


@pytest.mark.parametrize("line", ["the error ERROR is common", "step 3 of ERROR analysis", "WARNING"])
def test_level_in_a_sentence_is_none(line: str) -> None:
    """A level's word inside a sentence is no level: nothing before it looks like a header."""
    assert parse_line(line).level is Level.UNSET


def test_captured_log_of_a_test() -> None:
    """What pytest repeats of a test's log is not what failed."""
    assert parse_line("ERROR    root:test_x.py:7 expected while parsing").level is Level.UNSET


@pytest.mark.parametrize(
    "prefix",
    [
        "[trainer] ",
        "worker-0 | ",
        "> ",
        "0: ",
        "trainer-7d9f8 trainer ",
        "stderr: ",
        "(trainer pid=7) ",
        "\t",
        "| ",
    ],
)
def test_launcher(prefix: str) -> None:
    """What a launcher writes before each line is learnt from the traceback itself, and taken off."""
    said = diagnose_lines([*_START, *(prefix + row for row in _TRACEBACK), *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (5, Category.CODE_EXCEPTION)
    assert said.summary.startswith("BadShard: shard seven is upside down")


def test_launcher_that_mixes_its_workers() -> None:
    """Tracebacks of two workers, mixed line by line, are read apart by the prefixes learnt from them."""
    other = [*_TRACEBACK[:3], "RuntimeError: Connection closed by peer"]
    lines = [
        f"{worker}: {row}" for rows in zip(other, _TRACEBACK, strict=True) for worker, row in enumerate(rows)
    ]
    said = diagnose_lines([*_START, *lines, *_FAILED], source="vertex")

    assert said.summary.startswith("BadShard: shard seven is upside down")
