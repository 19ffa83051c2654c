"""Scenario files: those that come with the sandbox are sound, and mistakes are named by their key."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.sandbox.world.populate import populate
from bot.sandbox.world.scenario_file import ScenarioError, find_scenario, read_scenario, scenario_names
from bot.sandbox.world.scripts import JOB_STATES, read_span
from bot.sandbox.world.state import SimExecution
from bot.sandbox.world.world import World

PROMISED = {
    "happy", "runner-alive", "runner-full", "other-queue", "item-fails-quota", "item-fails-machine-type",
    "item-fails-permission", "runner-dies-early", "runner-dies-after-claim", "job-fails-at-once",
    "job-despite-dead-runner", "timeout", "late-job", "region-denied", "region-hangs", "all-denied",
    "wandb-down", "slack-rate-limited", "old-workspace", "two-people", "strangers-job", "noisy-logs",
    "hostile-logs",
}  # fmt: skip


def filled(name: str) -> World:
    world = World()
    populate(world, read_scenario(name))
    return world


def log_of(world: World, execution: SimExecution) -> list[str]:
    key = "run.googleapis.com/execution_name"
    return [entry.text or "" for entry in world.logs if entry.labels.get(key) == execution.name]


def test_every_promised_scenario_is_there() -> None:
    """Each fault that the product handles can be played by anyone."""
    assert set(scenario_names()) >= PROMISED


@pytest.mark.parametrize("name", scenario_names())
def test_shipped_scenario_fills_a_world_and_says_what_is_expected(name: str) -> None:
    """A scenario without steps or an end could not be played by `make demo`."""
    scenario = read_scenario(name)
    world = filled(name)

    assert scenario.shows.endswith(".")
    assert scenario.demo
    assert len(scenario.expect.outcomes) == sum(step.text.startswith("/launch") for step in scenario.demo)
    assert "vertex-ai-queue" in world.queues
    assert world.runner_jobs["vertex-ai-launcher"]


def test_happy_world_looks_like_a_teams_day() -> None:
    """The pictures of the README come from it, and every table of /monitor needs rows of every kind."""
    world = filled("happy")
    runners = world.executions.values()

    assert {"running", "succeeded", "failed", "cancelled"} == {runner.state for runner in runners}
    assert len({job.region for job in world.jobs.values()}) >= 6
    assert {"RUNNING", "PENDING", "SUCCEEDED", "FAILED", "CANCELLED", "EXPIRED"} == {
        job.state for job in world.jobs.values()
    }
    assert len(world.jobs) == 12
    assert {"WORKING", "QUEUED", "FAILURE", "SUCCESS"} <= {build.status for build in world.builds.values()}
    assert "global" in {build.region for build in world.builds.values()}
    assert {"running", "finished", "failed", "crashed", "killed"} == {
        run.state for run in world.runs.values()
    }
    assert not any(
        runner.state == "running" and runner.region == "us-central1" for runner in runners
    )  # else the launch would reuse it


def test_happy_logs_hold_counts_and_a_bail_out_with_its_context() -> None:
    """Notes of runners come from these lines, and the context of a bail-out is about a hundred of them."""
    world = filled("happy")
    good = log_of(world, world.executions["vertex-ai-launcher-2hq7m"])
    bad = log_of(world, world.executions["vertex-ai-launcher-x4c9p"])
    fatal = bad.index("🚨 FATAL ERROR DETECTED: quota exceeded")
    context = next(place for place, line in enumerate(bad) if "Full Log Context" in line)

    assert "   • Runs: 3" in good
    assert len(bad) - context > 100
    assert any(line.startswith("  ► ") and "nvidia_h100" in line for line in bad[fatal:context])


def test_happy_job_is_there_in_time_for_the_art() -> None:
    """With a look every five seconds the art comes fifteen to twenty seconds after /launch."""
    scenario = read_scenario("happy")
    runner, launch = scenario.runner[0], scenario.launch[0]

    assert 8 <= runner.start_delay + runner.boot + launch.claim_after + launch.submit_after <= 12


def test_nothing_of_the_start_lies_in_the_future() -> None:
    """Ages are spans before now; a row from the future would sort above everything."""
    world = filled("happy")
    now = datetime.now(UTC)
    stamps = [
        stamp
        for table in (world.executions, world.jobs, world.builds)
        for thing in table.values()
        for stamp in (thing.created, thing.started, thing.ended)
        if stamp is not None
    ]

    assert max(*stamps, *(entry.at for entry in world.logs)) <= now


def test_hostile_lines_hold_what_toml_cannot() -> None:
    """Control characters, secrets and endless lines arrive as they were meant."""
    world = filled("hostile-logs")
    texts = [entry.text or "" for entry in world.logs]

    assert any("\x1b[31m" in text and "\r" in text for text in texts)
    assert any("\u202e" in text and "\u200b" in text for text in texts)
    assert "x" * 20_000 in texts
    assert any(entry.json for entry in world.logs)
    assert any(entry.proto for entry in world.logs)
    assert any((entry.text, entry.json, entry.proto) == (None, None, None) for entry in world.logs)


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("", "mine.toml: title is missing."),
        (
            'title = "x"\ncolour = 1',
            "mine.toml: colour is not a key of a scenario (docs/scenarios.md lists them).",
        ),
        ('title = "x"\nspeed = 0', "mine.toml: speed: input should be greater than 0 (it is 0)."),
        ('title = "x"\n[[job]]\njob_id = "1234567"', "mine.toml: job[1].name is missing."),
        (
            'title = "x"\n[[runner]]\nboot = "soon"',
            'mine.toml: runner[1].boot: must be seconds, or words such as "90s" or "1h 20m"',
        ),
        (
            'title = "x"\n[[launch]]\ntimeline = "GO 2 -> SUCCEEDED"',
            "'GO' is not a job state; the states are QUEUED",
        ),
        (
            'title = "x"\n[[launch]]\njob_log_file = "a.log"',
            "mine.toml: there is no log file a.log beside it.",
        ),
        (
            'title = "x"\n[expect]\noutcomes = ["won"]',
            "mine.toml: expect.outcomes[1][1]: input should be 'open'",
        ),
        ("title = ", "mine.toml is not a readable TOML file: "),
    ],
)
def test_mistake_is_named_with_its_key(tmp_path: Path, lines: str, sentence: str) -> None:
    """People write their own scenarios; a stack trace would not tell them where to look."""
    file = tmp_path / "mine.toml"
    file.write_text(lines)

    with pytest.raises(ScenarioError) as caught:
        read_scenario(str(file))

    assert sentence in str(caught.value)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """One mistake a run would take all afternoon."""
    file = tmp_path / "mine.toml"
    file.write_text('title = "x"\nspeed = -1\n[[fault]]\nservice = "mars"\n')

    with pytest.raises(ScenarioError) as caught:
        read_scenario(str(file))

    assert [line.split(":")[1].strip() for line in str(caught.value).splitlines()] == [
        "speed",
        "fault[1].service",
    ]


@pytest.mark.parametrize("name", ["nosuch", "./nosuch.toml"])
def test_unknown_scenario_is_answered_with_a_sentence(name: str) -> None:
    """A name that is mistyped is answered with those that exist."""
    with pytest.raises(ScenarioError, match="nosuch"):
        find_scenario(name)


def test_log_files_stand_beside_the_scenario(tmp_path: Path) -> None:
    """People bring their own logs; words in braces are filled in, other braces are left alone."""
    (tmp_path / "a.log").write_text('I am {execution}\n{"json": true}\n')
    (tmp_path / "mine.toml").write_text(
        'title = "x"\n[[execution]]\nname = "runner-1"\nstate = "failed"\nlasted = "1m"\nlog_file = "a.log"\n'
    )
    world = World()
    populate(world, read_scenario(str(tmp_path / "mine.toml")))

    assert [entry.text for entry in world.logs] == ["I am runner-1", '{"json": true}']


@pytest.mark.parametrize(
    ("words", "seconds"), [("90s", 90.0), ("1h 20m", 4_800.0), ("2d", 172_800.0), (7, 7)]
)
def test_spans_are_numbers_or_words(words: object, seconds: float) -> None:
    """Ages of hours are unreadable in seconds."""
    assert read_span(words) == seconds


def test_example_of_the_documentation_is_sound(tmp_path: Path) -> None:
    """An example that does not work is worse than none; and every job state is named."""
    text = (Path(__file__).parents[2] / "docs" / "scenarios.md").read_text("utf-8")
    (tmp_path / "trainer.log").write_text("out of disk\n")
    file = tmp_path / "example.toml"
    file.write_text(text.split("```toml\n")[1].split("```")[0])

    assert read_scenario(str(file)).launch
    assert all(state in text for state in JOB_STATES)
