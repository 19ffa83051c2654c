from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta

import pytest
from runner_samples import NAME, PROJECT, READS, WHERE, add_lines, add_runner, end, later, served

from bot.logs.follower import RunnerClient
from bot.logs.tail import LogTail
from bot.runner_diagnostics import (
    fetch_detailed_error_context,
    make_client,
    parse_runner_logs_for_errors,
    parse_runner_logs_for_errors_async,
)
from bot.sandbox.world.world import World


def lines_of(client: RunnerClient, *, grace: float = 0, timeout: float = 30) -> list[str]:
    return parse_runner_logs_for_errors(*WHERE, timeout, client=client, grace_seconds=grace)[2]


def test_lines_that_come_late_and_out_of_order_are_there(world: World, client: RunnerClient) -> None:
    """Cloud Logging shows entries seconds after the end, the cause as often as not among the last to come."""
    add_runner(world, ended_ago=0.5)
    at = world.now() - timedelta(seconds=10)
    add_lines(world, "one", "four", at=at, step=3)
    add_lines(world, "two", "three", at=at + timedelta(seconds=1), step=1, visible_in=1.2)

    assert ["one", "two", "three", "four"] == lines_of(client, grace=2)
    assert world.calls[READS] == 1


def test_nobody_waits_for_late_lines_of_yesterday(world: World, client: RunnerClient) -> None:
    """The grace counts from the end of the runner, not from the question."""
    add_runner(world, ended_ago=86_400)
    began = time.monotonic()

    lines_of(client, grace=60)

    assert time.monotonic() - began < 5


def test_the_deadline_ends_the_wait_for_late_lines(world: World, client: RunnerClient) -> None:
    """Who asks for an answer within a second gets it, with the lines that have come."""
    add_runner(world, ended_ago=0)
    add_lines(world, "here")
    began = time.monotonic()

    assert ["here"] == lines_of(client, grace=60, timeout=0.5)
    assert time.monotonic() - began < 5


def test_repeated_lines_and_equal_times_are_kept(world: World, client: RunnerClient) -> None:
    """The original kept 2 of 51 lines: three retries look like one when repeats are dropped."""
    add_runner(world)
    add_lines(world, *["retrying"] * 3)
    at = world.now() - timedelta(minutes=80)
    add_lines(world, *["step"] * 4, "a", "b", at=at, step=0)

    assert [*["retrying"] * 3, *["step"] * 4, "a", "b"] == lines_of(client)


def test_a_long_log_is_read_once_and_whole(world: World, client: RunnerClient) -> None:
    """2,500 entries are three reads: a limit would lose the cause, and a second reading the quota."""
    add_runner(world)
    expected = [f"line {number}" for number in range(2_500)]
    add_lines(world, *expected)

    assert expected == lines_of(client)
    assert world.calls[READS] == 3


def test_thousands_of_lines_of_one_moment_are_read_whole(world: World, client: RunnerClient) -> None:
    """A burst of output shares one timestamp: a cursor of time alone would stop there, or never end."""
    add_runner(world)
    add_lines(world, *["same"] * 2_200, step=0)

    assert ["same"] * 2_200 == lines_of(client)
    assert world.calls[READS] == 3


async def test_reading_on_asks_only_for_what_is_new(world: World, client: RunnerClient) -> None:
    """What was read is not read again: of 1,500 old entries the next read sees those of the last moment."""
    start = world.now() - timedelta(hours=1)
    tail = LogTail(client.logs, NAME, start)
    old = [f"line {number}" for number in range(1_500)]
    add_lines(world, *old, at=start)
    await tail.read(until=world.now())
    reads_before = world.calls[READS]
    add_lines(world, "new", "new", at=start + timedelta(seconds=1.499), step=0)
    add_lines(world, "newer", at=start + timedelta(seconds=30))

    await tail.read(until=world.now())
    await tail.read(until=world.now())
    await client.close()

    assert [*old, "new", "new", "newer"] == tail.texts()
    assert world.calls[READS] == reads_before + 2


async def test_a_page_that_fails_costs_no_page_before_it(world: World) -> None:
    """The quota may run out in the middle of a long log: reading goes on from there."""
    add_lines(world, *[f"line {number}" for number in range(3_000)])
    with served(world, reads_per_minute=2) as some, served(world) as others:
        tight, ample = (
            make_client(PROJECT, logging_endpoint=one["logging"], reads_per_minute=60_000)
            for one in (some, others)
        )
        tail = LogTail(tight.logs, NAME, world.now() - timedelta(hours=2))
        with pytest.raises(Exception, match="exhausted"):
            await tail.read(until=world.now())
        before = world.calls[READS]

        tail._logs = ample.logs
        await tail.read(until=world.now())
        await tight.close()
        await ample.close()

    assert [f"line {number}" for number in range(3_000)] == tail.texts()
    assert world.calls[READS] - before == 2


def test_every_kind_of_payload_is_a_line(world: World, client: RunnerClient) -> None:
    """Structured loggers and audit logs tell causes too; the original kept none of their lines."""
    add_runner(world)
    add_lines(world, "text")
    add_lines(world, "", text=None, json={"message": "from json", "level": "error"})
    add_lines(world, "", text=None, json={"detail": "no message"})
    add_lines(world, "", text=None, proto="from an audit log")
    add_lines(world, "", text=None)

    assert ["text", "from json", '{"detail":"no message"}', "from an audit log", ""] == lines_of(client)


def test_every_severity_is_read(world: World, client: RunnerClient) -> None:
    """Plain stderr is DEFAULT in Cloud Run: a filter for errors would hide the traceback."""
    add_runner(world)
    for severity in ("DEFAULT", "DEBUG", "INFO", "ERROR"):
        add_lines(world, severity, severity=severity)

    assert ["DEFAULT", "DEBUG", "INFO", "ERROR"] == lines_of(client)


def test_a_secret_over_several_entries_is_removed(world: World, client: RunnerClient) -> None:
    """A private key is one line an entry: each alone is only letters, and each must go."""
    body = [f"MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj{number:02}QIBAAKCAQEA" for number in range(30)]
    add_runner(world)
    add_lines(world, "-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----")
    add_lines(world, "RuntimeError: boom", "<!channel> Container called exit(1).")

    everything = lines_of(client)
    # The context begins in the middle of the key.
    context = fetch_detailed_error_context(*WHERE, context_lines=20, client=client)

    assert len(everything) == 34
    assert len(context) == 20
    assert not [line for line in [*everything, *context] if "MIIE" in line or "<!channel>" in line]
    assert [line for line in everything if "private key removed" in line.lower()]


def test_the_context_holds_the_cause_and_lines_around_it(world: World, client: RunnerClient) -> None:
    """A fifth before, the rest after; and never more lines than were asked for."""
    add_runner(world)
    before, after = [f"before {n}" for n in range(600)], [f"after {n}" for n in range(600)]
    cause = "google.api_core.exceptions.PermissionDenied: 403 Permission 'storage.objects.get' denied"
    add_lines(world, *before, cause, *after, "Container called exit(1).")

    context = fetch_detailed_error_context(*WHERE, client=client)
    short = fetch_detailed_error_context(*WHERE, context_lines=1, client=client)

    assert (100, cause) == (len(context), context[19])
    assert [cause] == short


def test_the_context_of_a_short_log_is_all_of_it(world: World, client: RunnerClient) -> None:
    """Where little comes after the cause, more of what came before it is worth showing."""
    add_runner(world)
    add_lines(world, *[f"before {n}" for n in range(50)], "ModuleNotFoundError: No module named 'trainer'")

    assert len(fetch_detailed_error_context(*WHERE, client=client)) == 51


def test_a_failure_without_a_word_shows_the_end_of_its_log(world: World, client: RunnerClient) -> None:
    """Cloud Run says that it failed: then the last lines are the best there is, and only real ones."""
    add_runner(world)
    add_lines(world, *[f"line {n}" for n in range(200)])

    context = fetch_detailed_error_context(*WHERE, context_lines=10, client=client)

    assert [f"line {n}" for n in range(190, 200)] == context


@pytest.mark.parametrize("state", ["succeeded", "running"])
def test_without_an_error_there_is_no_context(world: World, client: RunnerClient, state: str) -> None:
    """Lines of a healthy runner, shown as the context of an error, would be taken for one."""
    add_runner(world, state)
    add_lines(world, "Error: 0 errors found")

    assert [] == fetch_detailed_error_context(*WHERE, client=client)


def test_an_empty_log_is_an_empty_list(world: World, client: RunnerClient) -> None:
    """A runner that never started its container writes nothing."""
    add_runner(world)

    assert (True, False, []) == parse_runner_logs_for_errors(*WHERE, client=client)
    assert [] == fetch_detailed_error_context(*WHERE, client=client)


def test_watching_costs_hardly_a_read(world: World, client: RunnerClient) -> None:
    """The original read 50 times a minute, of the 60 that a whole project has."""
    runner = add_runner(world, "running")
    add_lines(world, *["settled"] * 10)

    with later(1.5, lambda: end(world, runner, "succeeded")):
        answer = parse_runner_logs_for_errors(*WHERE, 30, client=client, poll_seconds=0.1, grace_seconds=0.1)

    assert (False, True, ["settled"] * 10) == answer
    assert world.calls[READS] == 2


async def test_watchers_that_share_a_client_share_its_budget(world: World, endpoints: dict[str, str]) -> None:
    """Ten scripts in one process are ten askers to Google, and one quota: they wait for each other."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")
    shared = make_client(
        PROJECT,
        run_endpoint=endpoints["run"],
        logging_endpoint=endpoints["logging"],
        reads_per_minute=240,
    )
    began = time.monotonic()

    answers = await asyncio.gather(
        *(parse_runner_logs_for_errors_async(*WHERE, client=shared) for _ in range(10))
    )
    await shared.close()

    assert [(True, False, ["RuntimeError: boom"])] * 10 == answers
    # One at once, then four a second.
    assert 2.2 <= time.monotonic() - began < 6
    assert world.calls[READS] == 10


def test_threads_share_a_client_and_its_budget_too(world: World, endpoints: dict[str, str]) -> None:
    """A script with threads has an event loop in each: no channel or lock of one may meet another's."""
    add_runner(world)
    add_lines(world, "RuntimeError: boom")
    shared = make_client(
        PROJECT, run_endpoint=endpoints["run"], logging_endpoint=endpoints["logging"], reads_per_minute=240
    )
    answers: list[tuple[bool, bool, list[str]]] = []
    threads = [
        threading.Thread(target=lambda: answers.append(parse_runner_logs_for_errors(*WHERE, client=shared)))
        for _ in range(6)
    ]
    began = time.monotonic()

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(True, False, ["RuntimeError: boom"])] * 6 == answers
    assert 1.2 <= time.monotonic() - began < 6


def test_the_budget_of_the_process_is_googles_half(world: World) -> None:
    """Without a client of their own, calls share 30 reads a minute and a burst of five."""
    from bot.runner_diagnostics.client import _shared_rate_limiter  # noqa: PLC0415 - what no test may spend

    budget = _shared_rate_limiter("some-project")
    waits = [budget.take(1e6, within=10) for _ in range(7)]

    assert [0, 0, 0, 0, 0, 2, 4] == waits
    assert budget is _shared_rate_limiter("some-project")
    assert budget is not _shared_rate_limiter("another-project")
