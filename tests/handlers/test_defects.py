"""What the system that came before got wrong, end to end: each must never come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bed import Bed, bot_on, brief, said, scenario

from bot.sandbox.world.scenario import ExecutionTable, FaultTable, JobTable, RunTable
from bot.sandbox.world.scripts import LaunchScript
from bot.sandbox.world.state import SimJob

NO_JOB = (LaunchScript(no_job=True),)


def stranger(state: str, *, run_id: str = "") -> JobTable:
    """Somebody else's young job in the launch's region."""
    return JobTable.model_validate(
        {"job_id": "7111111111111111111", "name": "not-ours", "state": state, "run_id": run_id, "ago": "30s"}
    )


async def test_a_stranger_s_young_running_job_is_no_success() -> None:
    """Any job of the last ten minutes once counted as this launch: the art for somebody else's work."""
    async with bot_on(scenario("timeout", job=(stranger("RUNNING", run_id="zzzzzzzz"),))) as bed:
        await bed.type("/launch")
        await bed.until_shown("Job not detected in Vertex AI")
        (launch,) = await bed.launches()

        assert "Task → Cloud" not in bed.shown()
        assert launch.job is None


async def test_a_stranger_s_failed_job_is_no_failure() -> None:
    """Somebody else's earlier failure once became ours, with its error."""
    async with bot_on(scenario("happy", job=(stranger("FAILED"),))) as bed:
        await bed.type("/launch")
        await bed.settled("succeeded")

        assert "Failed" not in said(bed.slack.messages("#training")[0])


async def test_a_stranger_s_newer_failure_does_not_hide_our_job() -> None:
    """Our job PENDING, somebody else's newer one FAILED, was once "Job failed"."""
    async with bot_on() as bed:
        await bed.type("/launch")
        await bed.until_shown("Task → Cloud")
        now = datetime.now(UTC)
        newer = SimJob(
            "7222222222222222222", "us-central1", "newer", "FAILED", created=now, started=now, ended=now
        )
        bed.stage.world.jobs[newer.job_id] = newer
        await bed.settled("succeeded")


async def test_two_people_at_once_each_get_their_own_job_and_one_runner_serves_both() -> None:
    """Two launches and one job once were two successes, each with its own run's name."""
    async with bot_on("two-people") as bed:
        await bed.type("/launch", user="alice")
        await bed.type("/launch", user="bob")
        await bed.settled("succeeded", "succeeded")
        jobs = {launch.launch_id: launch.job.job_id for launch in await bed.launches() if launch.job}
        labels = {job.labels.get("wandb-run-id"): key for key, job in bed.stage.world.jobs.items()}

        assert jobs == {run_id: labels[run_id] for run_id in jobs}
        assert 2 == len(set(jobs.values()))
        assert {"RunJob": 1, "pushToRunQueueByName": 2} == bed.effects()


async def test_a_living_runner_alone_is_no_success() -> None:
    """ "A runner is already alive" was once success at once, with no job waited for."""
    async with bot_on(scenario("runner-alive", launch=NO_JOB)) as bed:
        await bed.type("/launch")
        await bed.until_shown("Job not detected in Vertex AI")

        assert "Runner reused" in bed.shown()
        assert "Task → Cloud" not in bed.shown()
        assert [] == bed.started()


async def test_a_runner_that_cannot_be_started_is_a_failure_and_the_item_leaves_the_queue() -> None:
    """PERMISSION_DENIED and "already alive" were once the same value, and both showed the rocket."""
    denied = FaultTable(
        service="run", method="RunJob", status="PERMISSION_DENIED", message="run.jobs.run denied"
    )
    async with bot_on(scenario(fault=(denied,))) as bed:
        await bed.type("/launch")
        await bed.settled("failed")

        assert "No runner could be started" in bed.shown()
        assert "run.jobs.run" in bed.shown()
        assert [True] == [
            item.removed for item in bed.stage.world.items.values() if item.item_id not in _early(bed)
        ]
        assert "Task → Cloud" not in bed.shown()


def _early(bed: Bed) -> set[str]:
    return {table.item_id for table in bed.stage.scenario.item}


async def test_the_timeout_s_number_is_the_setting_s() -> None:
    """ "Timeout (120s)" was typed by hand beside a variable."""
    async with bot_on("timeout", wait=2.5) as bed:
        await bed.type("/launch")
        await bed.until_shown("Job not detected in Vertex AI")

        assert "Timeout (2.5s) - Job not detected in Vertex AI" in bed.shown()
        assert "120" not in said(bed.slack.messages("#training")[0])


async def test_a_cancelled_and_an_expired_job_end_the_launch() -> None:
    """Both states were unknown to the fast path, which waited on until its timeout."""
    for state, verdict in (("CANCELLED", "cancelled"), ("EXPIRED", "failed")):
        script = LaunchScript.model_validate({"timeline": f"PENDING 2 -> {state}"})
        async with bot_on(scenario(launch=(script,))) as bed:
            await bed.type("/launch")
            await bed.settled(verdict)


async def test_the_runner_s_link_names_its_own_region() -> None:
    """The link once led to us-central1 wherever the runner was."""
    elsewhere = scenario("other-queue", runner_job=scenario().runner_job, vertex_region="europe-west4")
    async with bot_on(elsewhere, tables={"runner": {"region": "europe-west4"}}) as bed:
        await bed.type("/launch")
        await bed.until_shown("Task → Cloud")
        card = said(bed.slack.messages("#training")[0])

        assert "europe-west4" in card
        assert "/us-central1/" not in card


async def test_a_running_runner_is_shown_however_many_newer_ones_there_are() -> None:
    """The only running runner was once replaced by older ones, without a word."""
    ended = tuple(
        ExecutionTable.model_validate(
            {
                "name": f"vertex-ai-launcher-e{number:04}",
                "state": "succeeded",
                "ago": f"{number + 1}m",
                "lasted": "20s",
            }
        )
        for number in range(12)
    )
    old = ExecutionTable(name="vertex-ai-launcher-old01", state="running", ago=9 * 86_400.0)
    async with bot_on(brief().model_copy(update={"execution": (*ended, old)})) as bed:
        await bed.type("/monitor runners")
        await bed.until_shown("vertex-ai-launcher-e0000")

        assert "vertex-ai-launcher-old01" in bed.shown()
        assert 5 >= bed.shown().count("✓ succeeded")


async def test_a_job_without_a_start_time_does_not_break_the_table() -> None:
    """A null start time once sorted or subtracted into an error that dropped every running row."""
    async with bot_on() as bed:
        now = datetime.now(UTC)
        bare = SimJob(
            "7333333333333333333", "us-central1", "no-start-yet", "QUEUED", created=now - timedelta(hours=30)
        )
        bed.stage.world.jobs[bare.job_id] = bare
        await bed.type("/monitor jobs")
        await bed.until_shown("no-start-yet")

        assert "llama-8b-sft-v2" in bed.shown()


async def test_a_run_of_more_than_a_day_shows_its_whole_runtime() -> None:
    """Runtimes once wrapped at 24 hours, and a zoned start time dropped the running runs."""
    long = RunTable.model_validate(
        {"run_id": "longrun1", "name": "three-days", "state": "running", "ago": "3d 2h"}
    )
    async with bot_on(brief().model_copy(update={"run": (long,)})) as bed:
        await bed.type("/monitor runs")
        await bed.until_shown("three-days")
        (row,) = [line for line in bed.shown().splitlines() if "three-days" in line and "longrun1" in line]

        assert "3 d 2 h" in row


async def test_the_failed_runner_s_context_reads_downwards_and_is_there() -> None:
    """The context once came newest first, a traceback upside down, and the full log was always empty."""
    async with bot_on() as bed:
        await bed.type("/monitor jobs")
        await bed.until_shown("OutOfMemoryError")
        text = bed.shown()

        assert text.index("Traceback (most recent call last)") < text.index("▶ FileNotFoundError")
        assert text.index("switching to full resolution") < text.index("▶ torch.OutOfMemoryError")


async def test_a_launch_may_be_made_while_others_run() -> None:
    """Any active run or queued item once refused a launch: a team works at more than one thing."""
    async with bot_on() as bed:
        assert [run for run in bed.stage.world.runs.values() if run.state == "running"]

        await bed.type("/launch")
        await bed.settled("succeeded")
