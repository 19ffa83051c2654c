"""Custom jobs and their runs end as those of Vertex AI and W&B do."""

from __future__ import annotations

from sandbox_world_help import Play, push, start, until

from bot.sandbox.world.state import SimBuild
from bot.sandbox.world.world import World


async def test_cancelled_job_passes_through_cancelling(play: Play) -> None:
    """Vertex AI does not cancel at once, and the run just stops sending heartbeats."""
    async with play(launch=[{"timeline": "RUNNING 400 -> SUCCEEDED"}]) as world:
        push(world)
        start(world)
        await until(lambda: bool(world.runs))
        (job,) = world.jobs.values()
        asked, between = world.cancel_job(job.job_id), job.state
        await until(lambda: job.state == "CANCELLED")
        await until(lambda: world.runs["abcd1234"].state != "running")

    assert (asked, between, world.runs["abcd1234"].state) == (True, "CANCELLING", "crashed")
    assert job.ended is not None


async def test_stopped_run_is_killed_and_its_job_fails(play: Play) -> None:
    """A stop in W&B reaches the process, not Vertex AI: there it looks like a failure."""
    async with play(launch=[{"timeline": "RUNNING 400 -> SUCCEEDED"}]) as world:
        push(world)
        start(world)
        await until(lambda: bool(world.runs))
        stopped = world.stop_run("abcd1234")
        await until(lambda: world.runs["abcd1234"].state == "killed")
        (job,) = world.jobs.values()

    assert (stopped, world.stop_run("nosuch00"), job.state) == (True, False, "FAILED")


async def test_job_that_fails_at_once_says_why_only_in_its_log(play: Play) -> None:
    """CustomJob.error says that a replica exited; the cause is in ml_job."""
    launch = {
        "timeline": "PENDING 1 -> FAILED",
        "job_error": "The replica workerpool0-0 exited with a non-zero status of 1.",
        "job_error_code": 3,
        "job_log": [
            "FileNotFoundError: {name} has no data",
            {"payload": {"message": "bye"}, "severity": "INFO"},
        ],
    }
    async with play(launch=[launch]) as world:
        push(world)
        start(world)
        await until(lambda: any(job.state == "FAILED" for job in world.jobs.values()))
        (job,) = world.jobs.values()
        entries = [entry for entry in world.logs if entry.resource_type == "ml_job"]

    assert (job.error_code, job.error) == (3, launch["job_error"])
    assert [(entry.text, entry.json, entry.severity) for entry in entries] == [
        ("FileNotFoundError: launch-abcd1234 has no data", None, "ERROR"),
        (None, {"message": "bye"}, "INFO"),
    ]
    assert {entry.resource_labels["job_id"] for entry in entries} == {job.job_id}


async def test_launches_follow_their_scripts_in_order(play: Play) -> None:
    """The first launch may fail and all later ones work; items from before the play do not count."""
    early = {"item_id": "early", "queue": "vertex-ai-queue", "state": "FAILED"}
    async with play(item=[early], launch=[{"error": "no"}, {"job_error": "second"}]) as world:
        items = [push(world, f"launch0{number}") for number in range(3)]
        start(world)
        await until(lambda: [item.state for item in items] == ["FAILED", "CLAIMED", "CLAIMED"])
        await until(lambda: len(world.jobs) == 2)


async def test_build_is_cancelled_once(world: World) -> None:
    """Cancelling what has ended must not rewrite its end."""
    world.builds["b1"] = SimBuild("b1", "us-central1", "WORKING", "us/x:1", world.now())

    assert (world.cancel_build("b1"), world.cancel_build("b1")) == (True, False)
    assert world.builds["b1"].status == "CANCELLED"
