"""Where an exception was raised tells what it means, also when its message does not."""

from __future__ import annotations

import pytest

from bot.diagnosis import diagnose_lines
from bot.diagnosis.parsing.frames import Frames
from bot.models.diagnosis import Category

_HEADER = "Traceback (most recent call last):"
_LIB = "/usr/local/lib/python3.11/site-packages"


def _log(path: str, function: str, code: str, error: str) -> list[str]:
    own = ['  File "/app/train.py", line 9, in main', f"    {code}"]
    raising = [f'  File "{path}", line 70, in {function}', "    raise error"]
    return ["boot", _HEADER, *own, *raising, error, "Job failed."]


@pytest.mark.parametrize(
    ("path", "function", "code", "error", "category"),
    [
        ("<frozen os>", "__getitem__", 'os.environ["RUN_NAME"]', "KeyError: 'RUN_NAME'", "config_error"),
        (
            f"{_LIB}/transformers/training_args.py",
            "__post_init__",
            "parse(cfg)",
            "ValueError: the steps of both differ",
            "config_error",
        ),
        (
            "/usr/lib/python3.11/json/decoder.py",
            "raw_decode",
            "cfg = json.load(f)",
            "json.decoder.JSONDecodeError: Extra data: line 3 column 1 (char 9)",
            "config_error",
        ),
        (
            "/usr/lib/python3.11/json/decoder.py",
            "raw_decode",
            "row = json.loads(line)",
            "json.decoder.JSONDecodeError: Extra data: line 3 column 1 (char 9)",
            "data_missing",
        ),
        (
            f"{_LIB}/torch/distributed/rendezvous.py",
            "_env_rendezvous_handler",
            "dist.init()",
            "ValueError: rank 9 is too high",
            "nccl_distributed",
        ),
        (
            "/usr/lib/python3.11/ssl.py",
            "read",
            "fetch(url)",
            "TimeoutError: it took too long",
            "network",
        ),
        (
            f"{_LIB}/acme/ops.py",
            "<module>",
            "import acme",
            "RuntimeError: built for another torch",
            "import_error",
        ),
        (f"{_LIB}/acme/ops.py", "run", "acme.run(x)", "RuntimeError: rank 3, not 4", "code_exception"),
        ("/app/loss.py", "step", 'row["label"]', "KeyError: 'label'", "code_exception"),
        ("/app/wait.py", "wait", "wait(job)", "TimeoutError: it took too long", "timeout"),
    ],
)
def test_place_decides(path: str, function: str, code: str, error: str, category: Category) -> None:
    """A message that fits everything is understood by the file that raised it, or the line of code."""
    said = diagnose_lines(_log(path, function, code, error), source="vertex")

    assert (said.root_cause_index, said.category) == (6, category)


def test_program_key_error_of_its_configuration() -> None:
    """A key that the program's own configuration lacks is a setting to correct, and the key is named."""
    lines = [
        _HEADER,
        '  File "/app/a.py", line 2, in f',
        '    warm = cfg["sched"]["warm"]',
        "KeyError: 'warm'",
    ]
    said = diagnose_lines([*lines, "Job failed."], source="vertex")

    assert said.category == Category.CONFIG_ERROR
    assert "'warm'" in said.advice


def test_frames() -> None:
    """The raising file, the program's own last line of code and a library's import are told apart."""
    frames = Frames()
    for row in _log(f"{_LIB}/acme/ops.py", "<module>", "import acme", "x")[2:6]:
        frames.add(row)

    assert frames.where() == f"{_LIB}/acme/ops.py in <module>\nimport acme\nimporting"
    assert Frames().where() == ""
