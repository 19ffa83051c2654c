"""Executions live and die as Cloud Run's do, and leave behind what real ones leave."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sandbox_world_help import JOB, QUEUE, Play, log_of, push, start, until

from bot.sandbox.world import queues
from bot.sandbox.world.player import Player
from bot.sandbox.world.scenario_file import read_scenario
from bot.sandbox.world.world import World


async def test_item_of_a_runner_that_dies_early_waits_for_the_next(play: Play) -> None:
    """It stays in the queue and spends money later, unless somebody takes it out."""
    async with play(
        runner=[{"dies": "before_take", "exit_code": 137, "log": ["out of memory"]}, {}]
    ) as world:
        item = push(world)
        first = start(world)
        await until(lambda: first.state == "failed")
        waiting = item.state
        start(world)
        await until(lambda: item.state == "CLAIMED")

    assert waiting == "PENDING"
    assert first.exit_code == 137
    assert first.message.endswith("The container exited with an error.")
    assert log_of(world, first).endswith("out of memory\nContainer called exit(137).")


async def test_leased_item_of_a_dead_runner_goes_back_after_a_minute(play: Play) -> None:
    """W&B's server takes an unclaimed lease back by itself."""
    async with play(runner=[{"dies": "after_lease"}], speed=100.0) as world:
        item = push(world)
        execution = start(world)
        await until(lambda: execution.state == "failed")
        leased = item.state
        await until(lambda: queues.items_of(world, QUEUE)[0].state == "PENDING")

    assert leased == "LEASED"


async def test_claimed_item_of_a_dead_runner_never_becomes_a_job(play: Play) -> None:
    """The ack comes before the job is submitted: this is how a launch gets lost."""
    async with play(runner=[{"dies": "after_claim"}]) as world:
        item = push(world)
        execution = start(world)
        await until(lambda: execution.state == "failed")

    assert (item.state, item.associated_run_id, world.jobs) == ("CLAIMED", "abcd1234", {})


async def test_job_outlives_its_runner(play: Play) -> None:
    """A job that exists wins over whatever its runner says."""
    async with play(
        runner=[{"dies": "after_submit"}], launch=[{"timeline": "PENDING 5 -> RUNNING 5 -> SUCCEEDED"}]
    ) as world:
        push(world)
        execution = start(world)
        await until(lambda: execution.state == "failed")
        await until(lambda: all(job.state == "SUCCEEDED" for job in world.jobs.values()))

    assert len(world.jobs) == 1


async def test_bail_out_shows_the_lines_before_it(play: Play) -> None:
    """The wrapper ends the runner and prints up to a hundred lines, the telling ones marked."""
    words = '400 List of found errors: Message: Machine type "a3-highgpu-1g" is not supported.'
    launch = {"error": words, "error_kind": "InvalidArgument"}
    async with play(launch=[launch], runner=[{"bails_out": True}]) as world:
        push(world)
        execution = start(world)
        await until(lambda: execution.state == "failed")
        log = log_of(world, execution)

    assert "FATAL ERROR DETECTED: machine type not supported" in log
    assert re.search(r"► \d+:wandb: ERROR .*a3-highgpu-1g", log)
    assert execution.exit_code == 1


async def test_idle_runner_ends_well_and_counts_its_runs(play: Play) -> None:
    """The count of runs that /monitor shows stands nowhere but in these lines."""
    async with play(runner=[{"idle_exit": 120}]) as world:
        push(world)
        execution = start(world)
        await until(lambda: execution.state == "succeeded")

    assert "completed 1 runs\n📊 Final runner stats:\n   • Runs: 1" in log_of(world, execution)
    assert execution.exit_code == 0


async def test_attempts_share_one_execution_name(play: Play) -> None:
    """Cloud Run restarts a failed task under the same name until its retries are used up."""
    async with play(runner=[{"dies": "before_take"}], runner_job=[{"max_retries": 2}]) as world:
        execution = start(world)
        await until(lambda: execution.state == "failed")
        log = log_of(world, execution)

    assert execution.retries == 2
    assert log.count("Container called exit(1).") == 3


async def test_attempt_ends_at_its_time_limit(play: Play) -> None:
    """A job's default limit is ten minutes an attempt: an agent is killed while it polls."""
    async with play() as world:
        execution = world.start_execution("us-central1", JOB, timeout=20)
        await until(lambda: execution.state == "failed")

    assert "maximum timeout of 20 seconds" in log_of(world, execution)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-q", QUEUE, "--max-jobs", "many"), "Invalid value for '-j' / '--max-jobs'"),
        (("-q", "no-such-queue"), "Not all of requested queues (no-such-queue) found."),
        (("-q", QUEUE, "-e", "other-team"), "Error fetching run queues for other-team"),
    ],
)
async def test_agent_for_something_that_is_not_there_fails_at_once(
    play: Play, args: tuple[str, ...], words: str
) -> None:
    """A misspelt queue shows as a runner that fails, in wandb's words."""
    async with play() as world:
        execution = start(world, *args)
        await until(lambda: execution.state == "failed")

    assert words in log_of(world, execution)


async def test_cancelled_runner_stays_cancelled_and_leaves_the_queue_alone(play: Play) -> None:
    """Cancelling a runner must not be undone by its own agent."""
    async with play() as world:
        execution = start(world)
        await until(lambda: execution.state == "running")
        cancelled = world.cancel_execution(execution.name)
        item = push(world)
        fresh = start(world)
        await until(lambda: item.state == "CLAIMED")

    assert (cancelled, world.cancel_execution(execution.name), execution.state) == (True, False, "cancelled")
    assert fresh.state == "running"


async def test_runner_that_was_alive_before_works_at_once(play: Play) -> None:
    """A scenario's running execution with an agent takes items as a started one does."""
    alive = {"name": "vertex-ai-launcher-alive", "agent": {"boot": 0, "poll": 1}}
    async with play(execution=[alive]) as world:
        item = push(world)
        await until(lambda: item.state == "CLAIMED")

    assert len(world.executions) == 1


async def test_log_lines_are_shown_after_the_ingestion_delay(play: Play) -> None:
    """Cloud Logging is late: a runner is seen to have failed before its log is there."""
    async with play(log_delay=20) as world:
        start(world)
        await until(lambda: bool(world.logs))

    assert {(entry.visible - entry.at).total_seconds() <= 20 / 200 for entry in world.logs} == {True}
    assert world.logs[0].visible > world.logs[0].at


async def test_unexpected_error_of_the_play_is_raised_at_its_end(tmp_path: Path) -> None:
    """A bug of the sandbox must fail its test, not vanish in a task."""
    log = tmp_path / "gone.log"
    log.write_text("here for now")
    (tmp_path / "mine.toml").write_text(
        'title = "mine"\nspeed = 200\n[[launch]]\nerror = "no"\nerror_log_file = "gone.log"\n'
    )
    world = World()
    with pytest.RaisesGroup(FileNotFoundError):
        async with Player(world, read_scenario(str(tmp_path / "mine.toml"))) as player:
            log.unlink()
            push(world)
            start(world)
            await until(lambda: not player._tasks)
