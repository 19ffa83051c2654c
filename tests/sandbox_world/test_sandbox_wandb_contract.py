"""The stand-in for W&B answers the installed wandb package as W&B does."""

from __future__ import annotations

from pathlib import Path

from sandbox_world_help import JOB, QUEUE, add_run, drive, launch_spec

from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world import queues
from bot.sandbox.world.player import Player
from bot.sandbox.world.scenario_file import read_scenario
from bot.sandbox.world.state import Fault, SimQueueItem
from bot.sandbox.world.world import World


async def test_real_client_lists_reads_stops_and_queues(
    world: World, wandb_server: WandbServer, tmp_path: Path
) -> None:
    """The product reads W&B through this client: a stand-in that only our code understands is worthless."""
    history = [{"_step": float(step), "loss": 1 / (step + 1)} for step in range(20)]
    add_run(world, "r1", "running", age=10, config={"lr": 0.1}, summary={"loss": 0.5}, history=history)
    for number, state in enumerate(("failed", "running", "running", "finished"), 2):
        add_run(world, f"r{number}", state, age=number * 10, summary={"loss": 0.01 * number})

    seen = await drive("drive_client.py", wandb_server, tmp_path)

    assert seen["entity"] == "acme-ml"
    assert seen["runs"] == {
        "active": ["r1", "r3", "r4"],
        "active_length": 3,
        "either": ["r2", "r3"],
        "best": "r1",
        "all": 5,
    }
    assert seen["run"]["sampled"] == [{"_step": step, "loss": 1 / (step + 1)} for step in (0, 4, 9, 14, 19)]
    assert seen["run"] | {"sampled": []} == {
        "name": "run r1",
        "state": "running",
        "user": "alice",
        "config": {"lr": 0.1},
        "summary": {"loss": 0.5},
        "sampled": [],
        "full": 20,
        "absent": "CommError",
    }
    assert world.runs["r1"].stop_requested
    assert seen["queue"] == {
        "state": "pending",
        "before": [[True, "pending"]],
        "after": [],
        "access": "PROJECT",
    }
    (item,) = world.items.values()
    assert (item.spec["run_id"], item.removed) == ("abcd1234", True)


async def test_real_agent_and_ours_leave_the_same_marks(
    world: World, wandb_server: WandbServer, tmp_path: Path
) -> None:
    """The sandbox's agent imitates the real one: its items must end in the same states and words."""
    ours = World()
    async with Player(ours, read_scenario("happy").model_copy(update={"speed": 100.0})):
        before = set(ours.items)
        for one in (world, ours):
            push_three(one)
        ours.start_execution("us-central1", JOB)
        created = await drive("drive_agent.py", wandb_server, tmp_path, "2")
        fresh = [item for item_id, item in ours.items.items() if item_id not in before]
        run_ids = [
            job.labels["wandb-run-id"] for job in ours.jobs.values() if job.display_name.startswith("launch-")
        ]

    assert [job["labels"]["wandb-run-id"] for job in created] == run_ids == ["good0001"]
    assert [marks(item) for item in world.items.values()] == [marks(item) for item in fresh]
    assert [item.state for item in fresh] == ["CLAIMED", "FAILED", "PENDING"]
    (agent,) = world.agents.values()
    assert agent.status == "RUNNING"


async def test_launch_add_queues_twice_when_the_answer_is_lost(
    world: World, wandb_server: WandbServer, tmp_path: Path
) -> None:
    """It swallows every error of the first mutation and sends a second one: why the product sends its own."""
    world.faults.append(
        Fault("wandb", method="pushToRunQueueByName", status="graphql", after_effect=True, times=1)
    )

    seen = await drive("drive_client.py", wandb_server, tmp_path, "only-the-queue")

    assert [item.spec["run_id"] for item in world.items.values()] == ["abcd1234", "abcd1234"]
    assert len(seen["queue"]["after"]) == 1


def push_three(world: World) -> None:
    """A sound item, one that the runner refuses, and one that was taken out."""
    queue = world.queues[QUEUE]
    queues.push(world, queue, launch_spec("good0001"))
    queues.push(world, queue, launch_spec("bad00001", resource_args={"gcp-vertex": {"spec": {}}}))
    queues.remove(world, queues.push(world, queue, launch_spec("gone0001")).item_id)


def marks(item: SimQueueItem) -> tuple[str, str, str]:
    """What an agent left on an item."""
    return item.state, item.associated_run_id, item.error
