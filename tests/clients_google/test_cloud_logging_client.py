from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from google_samples import AT, JOB, add_lines, make_settings

from bot.clients.google import GoogleCloud
from bot.clients.google.log_filters import filter_of
from bot.clients.google.rate_limit import RateLimiter
from bot.models.cloud import LogEntry
from bot.models.diagnosis import Source
from bot.models.errors import ProblemKind, ServiceError
from bot.ports import LogPage, LogScope
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

CALL = ("logging", "ListLogEntries", "-")


def scope(*owners: str, source: Source = Source.CLOUD_RUN, until: float | None = None) -> LogScope:
    end = None if until is None else AT + timedelta(seconds=until)
    return LogScope(source, owners, AT - timedelta(minutes=1), end)


async def read(
    cloud: GoogleCloud, wanted: LogScope, *, newest_first: bool = False, limit: int = 100
) -> LogPage:
    return await cloud.logs.read(wanted, newest_first=newest_first, limit=limit, deadline=5)


async def test_an_entry_is_read_whole(world: World, cloud: GoogleCloud) -> None:
    """One query serves many executions, so each entry says whose it is."""
    add_lines(world, "runner-a", "hello", severity="ERROR")

    page = await read(cloud, scope("runner-a"))

    entry = LogEntry(insert_id="000000", at=AT, severity="ERROR", text="hello", owner="runner-a")
    assert LogPage((entry,)) == page


async def test_only_the_owners_entries_within_the_bounds_come(world: World, cloud: GoogleCloud) -> None:
    """A colleague's runner, and what happened before or after, must not speak in this log."""
    add_lines(world, "runner-a", "old", at=AT - timedelta(hours=1))
    add_lines(world, "runner-b", "other")
    add_lines(world, "runner-a", "one", at=AT)
    add_lines(world, "runner-c", "two", at=AT + timedelta(seconds=1))
    add_lines(world, "runner-a", "late", at=AT + timedelta(seconds=90))

    page = await read(cloud, scope("runner-a", "runner-c", until=60))

    assert [("runner-a", "one"), ("runner-c", "two")] == [(one.owner, one.text) for one in page.entries]


async def test_both_orders(world: World, cloud: GoogleCloud) -> None:
    """Traceback lines upside down would name the wrong cause."""
    add_lines(world, "runner-a", "one", "two", "three")

    oldest = await read(cloud, scope("runner-a"))
    newest = await read(cloud, scope("runner-a"), newest_first=True, limit=2)

    assert ["one", "two", "three"] == [one.text for one in oldest.entries]
    assert ["three", "two"] == [one.text for one in newest.entries]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_the_cursor_reads_on_without_gaps_or_repeats(
    world: World, cloud: GoogleCloud, *, newest_first: bool
) -> None:
    """Entries of one and the same time, and entries that arrive meanwhile, must not shift the pages."""
    add_lines(world, "runner-a", *[f"line {number}" for number in range(25)], at=AT)
    seen: list[str] = []
    cursor = ""

    for _ in range(3):
        page = await cloud.logs.read(
            scope("runner-a"), newest_first=newest_first, limit=10, cursor=cursor, deadline=5
        )
        seen += [entry.text for entry in page.entries]
        cursor = page.cursor
        add_lines(world, "runner-a", "arrives while we read", at=AT + timedelta(days=newest_first))

    assert [f"line {number}" for number in range(25)] == [text for text in seen if "arrives" not in text][:25]
    assert len(set(seen)) == len(seen) or not newest_first


async def test_an_empty_page_with_a_cursor_means_go_on(world: World) -> None:
    """Cloud Logging may find nothing yet and say so: that is not the end of the log."""
    add_lines(world, "someone", *["noise"] * 25)
    add_lines(world, "runner-a", "here it is")
    servers = GoogleServers(world, scan_per_page=20)
    await servers.start()
    cloud = GoogleCloud(make_settings(servers.endpoints))

    first = await read(cloud, scope("runner-a"))
    second = await cloud.logs.read(
        scope("runner-a"), newest_first=False, limit=100, cursor=first.cursor, deadline=5
    )
    await cloud.close()
    await servers.close()

    assert first.entries == ()
    assert first.cursor
    assert ["here it is"] == [entry.text for entry in second.entries]


async def test_every_kind_of_payload_becomes_text(world: World, cloud: GoogleCloud) -> None:
    """Structured loggers, audit logs and empty entries are lines too, and none may be lost."""
    add_lines(world, "runner-a", "plain")
    add_lines(world, "runner-a", "", text=None, json={"message": "said", "level": "info"})
    add_lines(world, "runner-a", "", text=None, json={"message": {"a": 1}, "ok": True})
    add_lines(world, "runner-a", "", text=None, proto="The audit log's words.")
    add_lines(world, "runner-a", "", text=None)

    page = await read(cloud, scope("runner-a"))

    texts = [entry.text for entry in page.entries]
    assert ["plain", "said", '{"message":{"a":1},"ok":true}', "The audit log's words.", ""] == texts


@pytest.mark.parametrize(
    ("source", "kind", "labels"),
    [(Source.VERTEX, "ml_job", {"job_id": "123"}), (Source.CLOUD_BUILD, "build", {"build_id": "123"})],
)
async def test_jobs_and_builds_have_logs_of_their_own(
    world: World, cloud: GoogleCloud, source: Source, kind: str, labels: dict[str, str]
) -> None:
    """The API's error says little; the cause is in the entries of that job or build."""
    add_lines(world, "", "cause", resource_type=kind, resource_labels=labels, labels={})
    add_lines(world, "123", "a runner of the same name")

    page = await read(cloud, scope("123", source=source))

    assert [("123", "cause")] == [(entry.owner, entry.text) for entry in page.entries]


async def test_late_entries_are_not_there_yet(world: World, cloud: GoogleCloud) -> None:
    """Entries show up seconds after they were written, so one look proves no absence."""
    add_lines(world, "runner-a", "late", visible=world.now() + timedelta(hours=1))

    assert await read(cloud, scope("runner-a")) == LogPage(())


async def test_no_owners_cost_no_read(world: World, cloud: GoogleCloud) -> None:
    """Nobody's log is empty, and the quota is for others."""
    assert await read(cloud, scope()) == LogPage(())
    assert world.calls[CALL] == 0


async def test_hostile_names_stay_inside_their_quotes(world: World, cloud: GoogleCloud) -> None:
    """A name that holds a quote must not widen the filter to other people's entries."""
    add_lines(world, "someone", "theirs")

    page = await read(cloud, scope('x" OR resource.type="cloud_run_job'))

    assert page == LogPage(())
    assert world.calls[CALL] == 1


async def test_a_filter_beyond_googles_limit_is_not_sent(world: World, cloud: GoogleCloud) -> None:
    """20,000 characters is the most that Cloud Logging takes: longer ones are refused here, in words."""
    with pytest.raises(ServiceError) as caught:
        await read(cloud, scope(*[f"{JOB}-{number:05}" for number in range(1000)]))

    assert caught.value.problem.kind is ProblemKind.INVALID
    assert "20000" in caught.value.problem.message
    assert world.calls[CALL] == 0


async def test_400_names_fit_one_query(cloud: GoogleCloud) -> None:
    """One scan asks once for all the executions that it shows."""
    wanted = scope(*[f"{JOB}-{number:05}" for number in range(400)])

    assert len(filter_of(wanted)) < 20_000
    assert await read(cloud, wanted) == LogPage(())


async def test_our_budget_is_refused_at_once_when_it_cannot_be_had_in_time(
    world: World, servers: GoogleServers
) -> None:
    """The project's quota is shared with people: beyond our share nothing is sent, and the wait is named."""
    cloud = GoogleCloud(make_settings(servers.endpoints, reads_per_minute=30))
    began = asyncio.get_running_loop().time()

    results = [await _outcome(cloud) for _ in range(6)]
    took = asyncio.get_running_loop().time() - began
    await cloud.close()

    assert [None] * 5 == results[:5]
    assert results[5] is not None
    assert results[5].problem.kind is ProblemKind.EXHAUSTED
    assert 1 < (results[5].problem.retry_after or 0) <= 2
    assert took < 1
    assert world.calls[CALL] == 5


async def _outcome(cloud: GoogleCloud) -> ServiceError | None:
    try:
        await cloud.logs.read(scope("runner-a"), newest_first=True, limit=1, deadline=1)
    except ServiceError as error:
        return error
    return None


async def test_a_second_try_costs_the_budget_too(world: World, cloud: GoogleCloud) -> None:
    """Google counts requests, not intentions."""
    world.faults.append(Fault("logging", status="UNAVAILABLE", times=2))

    page = await read(cloud, scope("runner-a"))

    assert page == LogPage(())
    assert world.calls[CALL] == 3


def test_the_budget_books_in_order() -> None:
    """After the burst one read starts every two seconds, and a quiet minute does not save up more."""
    budget = RateLimiter(per_minute=30, burst=3)
    waits = []

    for _ in range(5):
        waits.append(budget.wait(100))
        budget.reserve(100)

    assert [0, 0, 0, 2, 4] == waits
    assert budget.wait(1000) == 0


def test_the_link_opens_the_log_at_that_time() -> None:
    """The link holds the same bounded query, the project and the time to start from."""
    wanted = scope("runner-a", until=60)
    client = GoogleCloud(make_settings({}))

    url = client.logs.console_url(wanted)

    parts = urlsplit(url)
    path, query, cursor = parts.path.split(";")
    assert (parts.netloc, path) == ("console.cloud.google.com", "/logs/query")
    assert {"project": ["acme-ml"]} == parse_qs(parts.query)
    assert cursor == "cursorTimestamp=2026-11-23T12:01:00.000000Z"
    assert filter_of(wanted) == unquote(query.removeprefix("query=")).replace("\n", " AND ")


def test_the_filter_holds_no_severity() -> None:
    """Plain stderr has the severity DEFAULT, and healthy programs log errors: severity proves nothing."""
    text = filter_of(scope("a", "b"))

    assert "severity" not in text
    assert 'labels."run.googleapis.com/execution_name"=("a" OR "b")' in text
