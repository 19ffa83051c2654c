"""Secrets that span entries: private keys, service accounts, a value below its label."""

from __future__ import annotations

import json
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import Planted, named

from bot.redaction import redact, redact_lines

BODY = string.ascii_letters + string.digits + "+/"
BEGIN, END = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"


def _body(rows: int, last: int = 20) -> list[str]:
    rng = random.Random(rows)  # noqa: S311 - a fake
    return ["".join(rng.choices(BODY, k=64)) for _ in range(rows)] + [
        "".join(rng.choices(BODY, k=last)) + "=="
    ]


def _left(body: list[str], text: str) -> list[str]:
    return [
        row[start : start + 6]
        for row in body
        for start in range(len(row) - 5)
        if row[start : start + 6] in text
    ]


@pytest.mark.parametrize(
    "prefix", ["", "wandb: ERROR ", "[rank0]: ", "Step #0: ", "2026-11-23T10:00:00.123Z "]
)
@pytest.mark.parametrize(
    "title", ["PRIVATE KEY", "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
)
def test_a_private_key_over_many_entries_goes(prefix: str, title: str) -> None:
    """A key is printed a row an entry, behind whatever prefix the log writer adds."""
    body = _body(24)
    rows = ["before", f"-----BEGIN {title}-----", *body, f"-----END {title}-----", "after"]
    lines = redact_lines([prefix + row for row in rows])

    assert len(lines) == len(rows)
    assert (lines[0], lines[-1]) == (prefix + "before", prefix + "after")
    assert _left(body, "\n".join(lines)) == []


def test_rows_of_other_ranks_between_stay() -> None:
    """Entries of several ranks come interleaved; theirs are needed, the key's are not."""
    body = _body(4)
    rows = [BEGIN, body[0], "[rank1]: loss is nan at step 12", *body[1:], END, "[rank1]: done"]
    lines = redact_lines(rows)

    assert (lines[2], lines[-1]) == (rows[2], rows[-1])
    assert _left(body, "\n".join(lines)) == []


@pytest.mark.parametrize("cut", [slice(1, None), slice(3, None), slice(0, 4), slice(2, 6)])
def test_a_part_of_a_private_key_goes(cut: slice) -> None:
    """The lines around a root cause can begin or end within a key."""
    body = _body(6)
    lines = redact_lines(["before", *[BEGIN, *body, END][cut], "after the key"])

    assert _left(body, "\n".join(lines)) == []
    assert (lines[0], lines[-1]) == ("before", "after the key")


@pytest.mark.parametrize("escape", ["\\n", "\\\\n", "\\r\\n", "%0A", " ", "\n", "\r\n"])
def test_a_private_key_within_an_entry_goes(escape: str) -> None:
    """In JSON, in a dump of the environment or in a URL its line ends are written out."""
    body = _body(3)
    text = redact(
        f'{{"private_key": "{escape.join([BEGIN, *body, END])}{escape}", "client_email": "a@b.example"}}'
    )

    assert _left(body, text) == []
    assert '"client_email": "a@b.example"' in text


def test_the_mention_of_a_key_hides_nothing() -> None:
    """A parser says which marks it misses; what follows is its traceback."""
    lines = (f'ValueError: no "{BEGIN}" in the file', "Traceback (most recent call last):", "done")

    assert redact_lines(lines)[1:] == lines[1:]


def test_a_service_account_a_row_an_entry_goes() -> None:
    """Its file, printed by a script, is the most common leak of Google credentials."""
    body = _body(6)
    account = {
        "type": "service_account",
        "project_id": "quill-labs",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": "\n".join([BEGIN, *body, END]) + "\n",
        "client_email": "sa@quill-labs.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    rows = json.dumps(account, indent=2).split("\n")
    lines = redact_lines(rows)

    assert len(lines) == len(rows)
    assert lines[3] == '  "private_key_id": "[private key removed]",'
    assert lines[4] == '  "private_key": "[private key removed]",'
    assert [lines[index] for index in (0, 1, 2, 5, 6, 7)] == [rows[index] for index in (0, 1, 2, 5, 6, 7)]


@settings(max_examples=40, deadline=None, database=None)
@given(
    secret=named,
    label=st.sampled_from(["{}:", "{}=", '"{}": "', "wandb: {}:", "--{}", "export {}=", "{}: >-"]),
)
def test_a_value_below_its_label_goes(secret: tuple[str, Planted], label: str) -> None:
    """A prompt and its echo, a wrapped assignment and a list of arguments put the value one entry further."""
    name, planted = secret
    lines = redact_lines([label.format(name), planted.value, "next line of the log"])

    assert planted.left_in("\n".join(lines)) == ""
    assert lines[2] == "next line of the log"


def test_the_answer_to_a_prompt_goes() -> None:
    """wandb asks for the key in one entry and a terminal echoes it in the next."""
    lines = redact_lines(
        [
            "wandb: Paste an API key from your profile and hit enter, or press ctrl+c to quit:",
            "wandb: 0123456789abcdef0123456789abcdef01234567",
        ]
    )

    assert lines[1] == "wandb: [W&B key removed]"


def test_a_value_in_an_error_below_its_field_goes() -> None:
    """pydantic names the field in one row and quotes the value in the next."""
    lines = redact_lines(
        [
            "WANDB_API_KEY",
            "  String should match pattern [type=string, input_value='hunter2-0815', input_type=str]",
        ]
    )

    assert "hunter2" not in lines[1]
    assert "input_type=str" in lines[1]


@pytest.mark.parametrize(
    "rows",
    [
        ("Enter password:", "Login incorrect for bob"),
        ("    if not api_key:", "        raise ValueError(name)"),
        ("    if not api_key:", "        return"),
        ("missing fields:", '  "password",', '  "token"'),
        ("KeyError: 'WANDB_API_KEY'", "Job failed."),
        ("The secret:", "  name: wandb-api-key"),
        ("loss is now hf_", "Loading checkpoint shards"),
        ("export HF_HOME=/data/hf_", "[rank0]: starting"),
    ],
)
def test_the_line_after_a_label_may_be_innocent(rows: tuple[str, ...]) -> None:
    """Source lines and sentences end in a colon too."""
    assert redact_lines(rows) == rows


def test_entries_keep_their_number_and_line_ends() -> None:
    """Indices of the caller must stay valid: one entry in, one out, blank ones too."""
    entries = ["", "a\nb", "\n", "password=abc123\n\nx", "c\r\n"]
    lines = redact_lines(entries)

    assert len(lines) == len(entries)
    assert [line.count("\n") for line in lines] == [entry.count("\n") for entry in entries]
