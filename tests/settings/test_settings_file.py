from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from bot.diagnosis import parse_rules
from bot.settings import Settings
from bot.settings.loader import SettingsError, load_secrets, load_settings

EXAMPLE = Path(__file__).parents[2] / "settings.example.toml"

GOOD = """
[google]
project = "acme-ml"
[runner]
job = "vertex-ai-launcher"
region = "us-central1"
queue = "vertex-ai-queue"
vertex_region = "us-central1"
[wandb]
entity = "acme-ml"
project = "trainer"
[[preset]]
name = "bert-small"
image = "bert:1"
entry_point = ["python", "train.py"]
machine_type = "g2-standard-8"
staging_bucket = "gs://acme-ml-staging"
[preset.allow.lr]
type = "float"
min = 0.1
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.toml"
    path.write_text(text)
    return path


def mistakes(folder: Path, text: str) -> list[str]:
    path = write(folder, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}: ") for line in lines)
    return [line.removeprefix(f"{path}: ") for line in lines]


def uncommented() -> str:
    return re.sub(r"^#(?=[\w\[])", "", EXAMPLE.read_text(), flags=re.MULTILINE)


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        for part in _parts(field.annotation):
            yield from keys(part)


def _parts(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def test_the_example_loads_as_it_stands() -> None:
    """A person copies the example first: it must work before anything is changed."""
    settings = load_settings(EXAMPLE)

    assert settings.default is not None
    assert settings.default.name == "bert-small"


def test_the_example_loads_with_every_line_taken_in(tmp_path: Path) -> None:
    """A setting shown as a comment is copied too, and the defaults shown must be the defaults."""
    settings = load_settings(write(tmp_path, uncommented()))
    plain = load_settings(EXAMPLE)

    assert (plain.timing, plain.slack, plain.logs, plain.store, plain.limits) == (
        settings.timing,
        settings.slack,
        settings.logs,
        settings.store,
        settings.limits,
    )
    assert [cause.id for cause in parse_rules(settings.cause)] == ["license-server"]


def test_the_example_holds_every_setting() -> None:
    """A setting that the example lacks is one that nobody finds."""
    text = uncommented()

    missing = [key for key in keys(Settings) if not re.search(rf"\b{key}\b( = |\]|\.)", text)]

    assert missing == []


def test_five_mistakes_are_named_at_once(tmp_path: Path) -> None:
    """Whoever mends a file wants to start the bot once, not five times."""
    text = GOOD.replace('queue = "vertex-ai-queue"', 'queu = "vertex-ai-queue"')
    text = text.replace("min = 0.1", 'min = "low"').replace('project = "trainer"', 'project = "Trainer"')
    text += "[slack]\nsockets = 9\n"

    lines = mistakes(tmp_path, text)

    assert [
        'runner.queue: is missing (the W&B Launch queue). Example: queue = "vertex-ai-queue"',
        (
            "runner.queu: there is no such key; did you mean queue? "
            "Known here: job, region, queue, vertex_region, near_limit_seconds."
        ),
        'wandb.project: "Trainer" must be lower-case (the W&B project). Example: project = "trainer"',
        'preset[0].allow.lr.min: "low" must be a number (the least value). Example: min = 0.0001',
        "slack.sockets: 9 must be at most 5 (Socket Mode connections). Example: sockets = 2",
    ] == lines


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('job = "vertex-ai-launcher"', "job = 3", "runner.job: 3 must be text in quotes"),
        ('"us-central1"\nqueue', '"mars"\nqueue', 'runner.region: "mars" must be a Google Cloud region'),
        (
            'entity = "acme-ml"',
            'entity = "a"\nbase_url = "http://evil.com"',
            'wandb.base_url: "http://evil.com" must be https://',
        ),
        (
            'entity = "acme-ml"',
            'entity = "a"\nbase_url = "http://127.evil.com"',
            'wandb.base_url: "http://127.evil.com" must be https://',
        ),
        (
            'entity = "acme-ml"',
            'entity = "a"\nbase_url = "http://127.0.0.1:99999"',
            'wandb.base_url: "http://127.0.0.1:99999" must start with https://',
        ),
        ('name = "bert-small"', 'name = "BERT small"', 'preset[0].name: "BERT small" must be one word'),
        (
            'entry_point = ["python", "train.py"]',
            "",
            "preset[0].allow: needs an entry_point that holds the full command",
        ),
        (
            "[preset.allow",
            'accelerator_type = "NVIDIA_L4"\n[preset.allow',
            "preset[0].accelerator_count: 0 must be at least 1",
        ),
        (
            'type = "float"',
            'type = "floot"',
            'preset[0].allow.lr.type: "floot" must be one of "int", "float", "str" or "bool"',
        ),
        ("min = 0.1", "max = 1\nmin = 2", "preset[0].allow.lr.max: 1 must not be below min, which is 2"),
        ("min = 0.1", 'choices = ["a"]', "preset[0].allow.lr.choices: must all be of the type float"),
        (
            "[google]",
            'default_preset = "bort"\n[google]',
            'default_preset: "bort" must be the name of a preset; there are: bert-small',
        ),
        ("[google]", "sockets = 3\n[google]", "sockets: there is no such key; it belongs in [slack]"),
        (
            'entity = "acme-ml"',
            'entity = "acme-ml"\napp_url = "https://wandb.ai"',
            "wandb.app_url: there is no such key any more; the address of W&B's pages follows from base_url",
        ),
        ("[google]", 'access = "me"\n[google]', 'access: "me" must be a table'),
        ('[google]\nproject = "acme-ml"', "", "google.project: is missing (the Google Cloud project id)"),
    ],
)
def test_each_mistake_is_one_sentence(tmp_path: Path, old: str, new: str, line: str) -> None:
    """One mistake is one line: where, what is wrong, what is allowed."""
    assert old in GOOD

    (found,) = mistakes(tmp_path, GOOD.replace(old, new, 1))

    assert found.startswith(line)


def test_presets_must_differ(tmp_path: Path) -> None:
    """Two presets of one name would launch whichever comes first."""
    twice = GOOD + GOOD[GOOD.index("[[preset]]") :]

    assert ["preset: has two presets called bert-small (the presets). Example: [[preset]]"] == mistakes(
        tmp_path, twice
    )


def test_two_defaults_are_refused(tmp_path: Path) -> None:
    """`/launch` alone must mean one thing."""
    second = GOOD[GOOD.index("[[preset]]") :].replace("bert-small", "other")
    second = second.replace("machine_type", "default = true\nmachine_type")

    lines = mistakes(tmp_path, 'default_preset = "bert-small"\n' + GOOD + second)

    assert ["the file: there are two defaults, bert-small and other: keep one."] == lines


def test_no_secret_is_repeated(tmp_path: Path) -> None:
    """A token put into the wrong place must not be printed into a log."""
    token = "xoxb-1234567890-abcdefghijklmnop"
    text = GOOD.replace('entity = "acme-ml"', f'entity = "a"\napi_key = "{token}"\nbase_url = "{token}"')
    text += f'[access]\nusers = ["{token}"]\n'

    lines = mistakes(tmp_path, text)

    assert len(lines) == 3
    assert token not in "".join(lines)
    assert lines[1].endswith("they are read from the environment. Example: export WANDB_API_KEY=...")


def test_broken_toml_names_the_line(tmp_path: Path) -> None:
    """A forgotten quote is found by its line."""
    (line,) = mistakes(tmp_path, "[google]\nproject = acme\n")

    assert "invalid TOML" in line
    assert "line 2" in line


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe[", "byte 0 is not valid UTF-8"), (None, "there is no such file. Begin with a copy: cp")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path, content: bytes | None, words: str) -> None:
    """No stack trace for a wrong path or a file in another encoding."""
    path = tmp_path / "settings.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingsError) as caught:
        load_settings(path)

    assert str(caught.value).startswith(f"{path}: {words}")


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    """The same for a path that is no file at all."""
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_settings(tmp_path)


def test_secrets_come_from_the_environment_and_are_never_shown() -> None:
    """Printing the settings, as a log or a debugger does, must not print a token."""
    secrets = load_secrets({"SLACK_BOT_TOKEN": " xoxb-planted\n", "WANDB_API_KEY": "planted", "OTHER": "x"})

    assert secrets.slack_bot_token.get_secret_value() == "xoxb-planted"
    assert secrets.slack_app_token.get_secret_value() == ""
    assert "planted" not in repr(secrets) + str(secrets) + secrets.model_dump_json()


def test_wrong_secrets_are_named_at_once_without_their_values() -> None:
    """Two tokens that were mixed up are the usual mistake; what is missing is said in the same breath."""
    mixed = {"SLACK_BOT_TOKEN": "xapp-planted", "SLACK_APP_TOKEN": "xoxb-planted", "WANDB_API_KEY": "a b"}

    with pytest.raises(SettingsError) as caught:
        load_secrets(mixed, needed=("SLACK_SIGNING_SECRET",))

    text = str(caught.value)
    assert [line.split(" ")[0] for line in text.splitlines()] == [
        "SLACK_BOT_TOKEN",
        "SLACK_APP_TOKEN",
        "SLACK_SIGNING_SECRET",
        "WANDB_API_KEY",
    ]
    assert "Example: export SLACK_BOT_TOKEN=xoxb-..." in text
    assert "planted" not in text


@pytest.mark.parametrize("value", ["0", "-1", "2.5", "true", '"none"', '"4"', '""', "[4]"])
def test_a_limit_is_a_number_or_the_word_unlimited(tmp_path: Path, value: str) -> None:
    """No number and no other word may switch a limit off by mistake: that costs money."""
    lines = mistakes(tmp_path, f"{GOOD}[limits]\nin_flight = {value}\n")

    shown = "" if value == "[4]" else f"{value} "
    rule = 'must be a whole number of at least 1, or "unlimited"'
    title = "the most launches of all people that have not ended"
    assert [f"limits.in_flight: {shown}{rule} ({title}). Example: in_flight = 20"] == lines


def test_limits_hold_unless_they_are_switched_off_in_words(tmp_path: Path) -> None:
    """Whoever writes no limits has the safe ones; each is switched off by itself."""
    plain = load_settings(write(tmp_path, GOOD)).limits
    off = load_settings(write(tmp_path, f'{GOOD}[limits]\nin_flight_per_person = "unlimited"\n')).limits

    assert (4, 20) == (plain.in_flight_per_person, plain.in_flight)
    assert (None, 20) == (off.in_flight_per_person, off.in_flight)


def test_a_job_may_run_for_a_minute_at_least(tmp_path: Path) -> None:
    """The agent is told whole seconds: a smaller limit would become none."""
    text = GOOD.replace("[preset.allow.lr]", "timeout_hours = 0.0002\n[preset.allow.lr]")

    (said,) = mistakes(tmp_path, text)

    assert said.startswith("preset[0].timeout_hours: 0.0002 must be at least 0.0167, which is one minute")
    enough = load_settings(write(tmp_path, text.replace("0.0002", "0.0167")))
    assert 0.0167 == enough.preset[0].timeout_hours


def test_a_job_is_not_expected_to_outlive_its_cap(tmp_path: Path) -> None:
    """Vertex AI ends the job at the cap: an expectation above it would show a cost that cannot be."""
    text = GOOD.replace("[preset.allow.lr]", "timeout_hours = 6\nmax_hours = 8\n[preset.allow.lr]")

    rule = "must not be above timeout_hours, which is 6: Vertex ends the job then"
    title = "how long the job is expected to take"
    assert [f"preset[0].max_hours: 8 {rule} ({title}). Example: max_hours = 6"] == mistakes(tmp_path, text)
