from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from runner_samples import JOB, NAME, PROJECT, REGION, WHERE, add_lines, add_runner

import bot.diagnosis
from bot import runner_diagnostics
from bot.clients.google import GoogleCloud
from bot.logs.follower import RunnerClient
from bot.models.errors import BadInput, ProblemKind, ServiceError
from bot.runner_diagnostics import (
    fetch_detailed_error_context,
    fetch_detailed_error_context_async,
    make_client,
    parse_runner_logs_for_errors,
    parse_runner_logs_for_errors_async,
)
from bot.sandbox.world.world import World
from bot.settings import Settings

HEAVY = (
    "slack_sdk",
    "slack_bolt",
    "sqlalchemy",
    "wandb",
    "pydantic",
    "detect_secrets",
    "aiohttp",
    "grpc",
    "google.cloud",
    "google.api_core",
    "google.auth",
    "google.protobuf",
)


def test_importing_it_loads_nothing_heavy() -> None:
    """A script that only diagnoses lines needs no Slack, no store, no settings and nothing of Google's."""
    # Some packages put empty parents into every interpreter as it starts.
    code = (
        "import json, sys; before = set(sys.modules); "
        "import bot.runner_diagnostics; "
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules and name not in before]))"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own words

    assert [] == json.loads(answer.stdout)


def test_the_seeds_names_are_importable_from_one_place() -> None:
    """A script imports all it needs from here, also the exceptions that it may catch."""
    for name in runner_diagnostics.__all__:
        assert getattr(runner_diagnostics, name) is not None

    assert runner_diagnostics.diagnose_lines is bot.diagnosis.diagnose_lines


async def test_a_running_loop_is_refused_with_the_way_out(client: RunnerClient) -> None:
    """A notebook has a running loop: blocking it would hang; the sentence names what works there."""
    with pytest.raises(RuntimeError, match="await parse_runner_logs_for_errors_async") as parse:
        parse_runner_logs_for_errors(*WHERE, client=client)
    with pytest.raises(RuntimeError, match="await fetch_detailed_error_context_async"):
        fetch_detailed_error_context(*WHERE, client=client)

    assert "cannot wait inside a running event loop" in str(parse.value)


async def test_the_twins_answer_inside_a_loop(world: World, client: RunnerClient) -> None:
    """The same answers, for a notebook or a service."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")

    answer = await parse_runner_logs_for_errors_async(*WHERE, client=client)
    context = await fetch_detailed_error_context_async(*WHERE, client=client)
    await client.close()

    assert (True, False, ["RuntimeError: boom"]) == answer
    assert ["RuntimeError: boom"] == context


def test_one_client_serves_call_after_call(world: World, client: RunnerClient) -> None:
    """Every synchronous call has an event loop of its own, and the client must outlive it."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")

    answers = [parse_runner_logs_for_errors(*WHERE, client=client) for _ in range(3)]

    assert [(True, False, ["RuntimeError: boom"])] * 3 == answers


def test_the_bots_own_client_will_do(world: World, endpoints: dict[str, str]) -> None:
    """Whoever has settings needs no second client, and shares the bot's budget."""
    add_runner(world, "succeeded")
    settings = Settings.model_validate(
        {
            "google": {"project": PROJECT, **{f"{name}_endpoint": at for name, at in endpoints.items()}},
            "runner": {"job": JOB, "region": REGION, "queue": "q", "vertex_region": REGION},
            "wandb": {"entity": "acme-ml", "project": "trainer"},
            "preset": [{"name": "a", "image": "i", "machine_type": "m", "staging_bucket": "gs://b"}],
        }
    )

    assert (False, True, []) == parse_runner_logs_for_errors(*WHERE, client=GoogleCloud(settings))


def test_without_credentials_the_script_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default is the application default credentials; where there are none, nothing was asked."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")

    with pytest.raises(ServiceError) as caught:
        parse_runner_logs_for_errors(*WHERE)

    assert caught.value.problem.kind is ProblemKind.UNAUTHENTICATED


def test_a_client_of_another_project_is_refused(client: RunnerClient) -> None:
    """The outcome would be one project's and the log another's."""
    with pytest.raises(BadInput, match="'acme-ml', not 'other-project'"):
        parse_runner_logs_for_errors(NAME, "other-project", REGION, client=client)


@pytest.mark.parametrize(
    ("name", "project", "region", "words"),
    [
        ("", PROJECT, REGION, "Example: vertex-ai-launcher-kbflt"),
        ("launcher", PROJECT, REGION, "Example: vertex-ai-launcher-kbflt"),
        ("a/../b-c", PROJECT, REGION, "is not an execution name"),
        (NAME, "", REGION, "Example: acme-ml"),
        (NAME, "p/q", REGION, "is not a valid project id"),
        (NAME, PROJECT, "us central1", "Example: us-central1"),
    ],
)
def test_what_no_call_can_be_made_with_is_said_in_a_sentence(
    client: RunnerClient, name: str, project: str, region: str, words: str
) -> None:
    """Bad input gets what was wrong, what is allowed and an example, before anything is asked."""
    with pytest.raises(BadInput, match=words):
        parse_runner_logs_for_errors(name, project, region, client=client)


@pytest.mark.parametrize(
    "numbers",
    [
        {"timeout_seconds": -1},
        {"timeout_seconds": float("nan")},
        {"poll_seconds": 0},
        {"grace_seconds": -0.5},
    ],
)
def test_impossible_waits_are_refused(client: RunnerClient, numbers: dict[str, Any]) -> None:
    """A wait of NaN seconds never ends, and one of none asks Cloud Run without a pause."""
    (name,) = numbers
    with pytest.raises(BadInput, match=f"{name} must be at least"):
        parse_runner_logs_for_errors(*WHERE, client=client, **numbers)


def test_no_lines_of_context_are_refused(client: RunnerClient) -> None:
    """Zero lines cannot hold the root cause."""
    with pytest.raises(BadInput, match="context_lines must be at least 1"):
        fetch_detailed_error_context(*WHERE, context_lines=0, client=client)


def test_a_plain_address_is_for_this_machine_only() -> None:
    """Logs over an unencrypted line, asked without credentials, would be everybody's."""
    with pytest.raises(ValueError, match="this machine only"):
        make_client(PROJECT, logging_endpoint="http://logs.example.com")
