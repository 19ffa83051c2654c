"""The agent takes items and submits jobs as the real one does, also where that is awkward."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_world_help import QUEUE, Play, launch_spec, log_of, push, start, until

from bot.sandbox.world import queues
from bot.sandbox.world.agent import AgentOptions, read_options


async def test_launch_goes_from_the_queue_to_a_finished_run(play: Play) -> None:
    """One lineage by exact id: item, custom job, run; everything in the product hangs on it."""
    async with play() as world:
        item = push(world)
        execution = start(world)
        await until(lambda: bool(world.jobs))
        (job,) = world.jobs.values()
        shown = (item.state, item.associated_run_id, execution.state)
        await until(lambda: world.runs["abcd1234"].state == "finished" if world.runs else False)
        run = world.runs["abcd1234"]

    assert shown == ("CLAIMED", "abcd1234", "running")
    assert (job.state, job.display_name, job.region) == ("SUCCEEDED", "launch-abcd1234", "us-central1")
    assert job.labels == {"wandb-run-id": "abcd1234"}
    assert job.image == "us-docker.pkg.dev/acme-ml/train/bert:1"
    assert job.env["WANDB_LAUNCH_TRACE_ID"] == item.item_id
    assert "WANDB_API_KEY" in job.env
    assert (run.user, len(run.history), run.summary) == ("alice", 60, run.history[-1])
    assert "(Runs: 1)" in log_of(world, execution)


async def test_full_agent_takes_nothing_more(play: Play) -> None:
    """From Python 3.11 on the real agent never sees that a job ended: `--max-jobs 1` stays full."""
    async with play(launch=[{"timeline": "RUNNING 1 -> SUCCEEDED"}]) as world:
        first, second = push(world, "first000"), push(world, "second00")
        start(world, "-q", QUEUE, "-e", "acme-ml", "--max-jobs", "1")
        await until(lambda: any(job.state == "SUCCEEDED" for job in world.jobs.values()))
        other = start(world, "-q", QUEUE, "-e", "acme-ml", "--max-jobs=-1")
        held = second.state
        await until(lambda: second.state == "CLAIMED")

    assert (first.state, held) == ("CLAIMED", "PENDING")
    assert "second00" in log_of(world, other)


async def test_freed_slots_are_used_again(play: Play) -> None:
    """A patched agent may free its slots; a scenario can say so."""
    async with play(
        launch=[{"timeline": "RUNNING 1 -> SUCCEEDED"}], runner=[{"frees_slots": True, "poll": 1}]
    ) as world:
        push(world, "first000")
        second = push(world, "second00")
        start(world, "-q", QUEUE, "--max-jobs", "1")
        await until(lambda: second.state == "CLAIMED")

    assert len(world.jobs) >= 1


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (
            {"gcloud": True},
            "Could not create Vertex runner. Environment must be an instance of GcpEnvironment.",
        ),
        ({}, "[Errno 2] No such file or directory: 'gcloud'"),
        ({"env": {"GOOGLE_CLOUD_REGION": "us-central1"}}, "[Errno 2] No such file or directory: 'gcloud'"),
        ({"env": {"GOOGLE_CLOUD_REGION": "us-central1"}, "gcloud": True}, ""),
        ({"config_region": "us-central1"}, ""),
    ],
)
async def test_an_agent_without_an_environment_fails_every_item(
    play: Play, image: dict[str, Any], words: str
) -> None:
    """The plain command starts and polls as if all were well: what it lacks shows with the first item."""
    async with play(runner_job=[{"config_region": "", **image}]) as world:
        items = [push(world, "first000"), push(world, "second00")]
        execution = start(world)
        await until(lambda: all(item.state in ("FAILED", "CLAIMED") for item in items))
        await until(lambda: bool(world.jobs) or all(item.state == "FAILED" for item in items))

    assert [words, words] == [item.error for item in items]
    assert execution.state == "running"
    assert words in log_of(world, execution)
    assert bool(world.jobs) is (words == "")


async def test_refused_item_fails_while_its_runner_lives(play: Play) -> None:
    """The agent swallows the error and keeps polling, so the runner's state says nothing about the launch."""
    words = "429 The following quota metrics exceed quota limits: custom_model_training_nvidia_l4_gpus"
    async with play(launch=[{"error": words, "error_kind": "ResourceExhausted"}, {}]) as world:
        refused = push(world, "first000")
        execution = start(world)
        await until(lambda: refused.state == "FAILED")
        sound = push(world, "second00")
        await until(lambda: bool(world.jobs))

    assert (refused.error, execution.state) == (words, "running")
    assert f"wandb: ERROR google.api_core.exceptions.ResourceExhausted: {words}" in log_of(world, execution)
    assert sound.state == "CLAIMED"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"resource_args": {"gcp-vertex": {"spec": {"staging_bucket": "gs://b"}}}},
            "at least one worker pool",
        ),
        ({"resource": "slurm"}, "Invalid runner name: slurm"),
        ({"docker": {}}, "no attribute 'source'"),
    ],
)
async def test_spec_that_the_vertex_runner_refuses_fails_its_item(
    play: Play, changes: dict[str, Any], words: str
) -> None:
    """What the real runner refuses must fail here too, or the product's specs are never really tried."""
    async with play() as world:
        item = push(world, **changes)
        start(world)
        await until(lambda: item.state == "FAILED")

    assert words in item.error
    assert not world.jobs


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ({"container_spec": {"image_uri": "us/x:1"}}, "machine_spec.machine_type; Message: Required field"),
        (
            {"machine_spec": {"machine_type": "z9-huge-1"}, "container_spec": {"image_uri": "us/x:1"}},
            'Machine type "z9-huge-1" is not supported',
        ),
        (
            {
                "machine_spec": {"machine_type": "g2-standard-8"},
                "container_spec": {"env": [{"name": "A", "value": "1"}]},
            },
            "container_spec.image_uri; Message: Required field",
        ),
    ],
)
async def test_job_that_vertex_refuses_fails_its_item(play: Play, pool: dict[str, Any], words: str) -> None:
    """An image that is not named in the queue's configuration is not used at all: the job has none."""
    args = {"gcp-vertex": {"spec": {"staging_bucket": "gs://b", "worker_pool_specs": [pool]}}}
    async with play() as world:
        item = push(world, resource_args=args)
        start(world)
        await until(lambda: item.state == "FAILED")

    assert item.error.startswith("400 List of found errors")
    assert words in item.error


async def test_template_of_the_queue_fills_what_the_spec_leaves_out(play: Play) -> None:
    """Many teams keep the machine in the queue and send only the image."""
    args = launch_spec()["resource_args"]
    async with play(queue=[{"name": QUEUE, "resource_args": args}]) as world:
        item = push(world, resource_args={}, resource=None)
        start(world)
        await until(lambda: bool(world.jobs))

    assert item.spec["resource"] == "gcp-vertex"
    assert next(iter(world.jobs.values())).machine_type == "g2-standard-8"


async def test_item_taken_out_while_leased_becomes_no_job(play: Play) -> None:
    """The agent's ack is refused, so a cancelled launch costs nothing."""
    async with play(launch=[{"claim_after": 300}]) as world:
        item = push(world)
        execution = start(world)
        await until(lambda: item.state == "LEASED")
        taken = queues.remove(world, item.item_id)
        await until(lambda: "already been acknowledged" in log_of(world, execution))

    assert (taken, world.jobs, execution.state) == (True, {}, "running")


async def test_busy_slots_count_from_the_start(play: Play) -> None:
    """Alive and full: the item stays pending although a runner polls its queue."""
    full = {
        "name": "vertex-ai-launcher-full1",
        "args": ["-q", QUEUE],
        "agent": {"boot": 0, "poll": 1, "busy": 1},
    }
    async with play(execution=[full]) as world:
        item = push(world)
        execution = world.executions["vertex-ai-launcher-full1"]
        await until(lambda: "running 1 out of a maximum of 1 jobs" in log_of(world, execution))
        start(world)
        await until(lambda: item.state == "CLAIMED")

    assert item.leased_by not in log_of(world, execution)


@pytest.mark.parametrize(
    ("args", "options"),
    [
        ((), AgentOptions(("default",), "acme-ml", 1)),
        (("-q", "a", "-q", "b", "-e", "x", "-j", "3"), AgentOptions(("a", "b"), "x", 3)),
        (("--queue=a", "--entity=x", "--max-jobs=-1"), AgentOptions(("a",), "x", -1)),
        (("--queue", "a", "--entity", "x", "--max-jobs", "-1"), AgentOptions(("a",), "x", -1)),
    ],
)
def test_arguments_are_read_as_the_command_line_does(args: tuple[str, ...], options: AgentOptions) -> None:
    """Which queue an execution serves is known from its arguments alone."""
    assert read_options(args, "acme-ml") == options
