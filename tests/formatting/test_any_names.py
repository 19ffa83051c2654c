"""Whatever a name, a log or an error holds: Slack takes the message, and nothing in it is live."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from look_samples import (
    BUSY,
    DIAGNOSIS,
    FAILED,
    JOB,
    NOW,
    QUEUED,
    WAITING,
    cells,
    execution,
    job,
    problem,
    rows,
)
from slack_rules import broken_rules, spoken

from bot.models.cloud import ExecutionStatus, JobState
from bot.models.cost import Cost
from bot.models.errors import ProblemKind
from bot.models.launch import Failure, FailureKind, Launch, Verdict
from bot.models.scan import Failed, RowDiagnosis, Scan, Service, Unread
from formatting import messages as words
from formatting.card.card import card
from formatting.card.closing_reply import closing_reply, late_job_reply
from formatting.home import home
from formatting.launch_list import status
from formatting.message import Message
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.plain_fallback import plain
from formatting.table.model import to_csv
from formatting.table.slack import Style

EVIL = (
    "<!channel>",
    "<!here|x>",
    "<@U0EVIL>",
    "<#C0EVIL>",
    "<https://evil.example|click>",
    "```",
    "`",
    "````",
    "&lt;!channel&gt;",
    "a|b",
    "line\nbreak",
    "\u202egnp.exe",
    "שלום",
    "مرحبا 12",
    "日本語の名前",
    "👩‍👩‍👧‍👦",
    "🇩🇪",
    "e\u0301" * 50,
    "\x1b[31mred\x1b[0m",
    "\ud800",
    "\U0010fffd",
    "\U000f0000",
    "*bold* _it_ ~no~",
    ">quote",
    "=1+1",
    "",
    " ",
    "x" * 3_500,
    "&" * 3_000,
    "<" * 3_000,
    "word " * 900,
)
ANY = st.one_of(
    st.sampled_from(EVIL),
    st.text(max_size=300),
    st.lists(st.sampled_from(EVIL), max_size=6).map(" ".join),
)
DEAR = Cost(price_per_hour=99_999.99, machines=64, cap_hours=167.99, expected_hours=166.66)
QUICK = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def check(*messages: Message) -> None:
    """Asserts that Slack takes each message as it is, and with each newer block refused."""
    for message in messages:
        assert broken_rules(message) == []
        for refused in ({"container"}, {"table"}, {"container", "table", "rich_text", "header"}):
            assert broken_rules(plain(message, frozenset(refused))) == []


def launch_named(name: str, other: str, verdict: Verdict) -> Launch:
    """A launch in which every text from outside is hostile."""
    context = tuple([other, name] * 40)
    diagnosis = replace(
        DIAGNOSIS, summary=name, advice=other, context=context, context_root=len(context) // 2
    )
    return replace(
        WAITING,
        verdict=verdict,
        name=name,
        preset=other,
        queue=name,
        region=other,
        user_id=other,
        user_name=name,
        overrides=((name, other),),
        runners=tuple(replace(use, name=name, url=other, why=name) for use in WAITING.runners),
        job=replace(JOB, job_id=name, url=other) if verdict is not Verdict.OPEN else None,
        run_url=other,
        trouble=name,
        cancel_by=other,
        metrics=((name, float("nan")), (other, 1e300)),
        failure=Failure(FailureKind.ITEM_FAILED, other, diagnosis, log_url=name),
    )


@QUICK
@given(name=ANY, other=ANY, ending=st.sampled_from(Verdict))
def test_a_card_of_any_names_is_taken_and_safe(name: str, other: str, ending: Verdict) -> None:
    """A hostile run name must never ping a channel or make Slack refuse the one message of a launch."""
    launch = launch_named(name, other, ending)

    check(card(launch, NOW), closing_reply(launch), late_job_reply(launch))


@QUICK
@given(names=st.lists(ANY, min_size=1, max_size=12), style=st.sampled_from(Style))
def test_tables_of_any_names_are_taken_and_safe(names: list[str], style: Style) -> None:
    """Names come from anybody who may start a job; a table of them is still one that Slack takes."""
    scan = hostile_scan(names)

    made = tables(scan, NOW, dict.fromkeys(names, names[0]))
    check(verdict(scan, NOW, console_url=names[0]), *(section_message(table, scan, style) for table in made))
    for table in made:
        assert to_csv(table).encode("utf-8")


def hostile_scan(names: list[str]) -> Scan:
    """A scan in which runners, jobs and a refusal carry these names."""
    runners = [
        replace(execution(name, ExecutionStatus.FAILED, age=age), queue=name, reason=name, url=name)
        for age, name in enumerate(names, 1)
    ]
    jobs = [job(name, JobState.FAILED, age=age + 1, name=name) for age, name in enumerate(names, 1)]
    found = [RowDiagnosis(names[0], Unread(names[0]))]
    found += [
        RowDiagnosis(
            name, replace(DIAGNOSIS, summary=name, advice=name, context=(name,) * 60, context_root=30), name
        )
        for name in names[1:]
    ]
    refusal = problem(ProblemKind.INVALID, names[0], message=names[-1], missing=names[0])
    return Scan(
        started=NOW,
        took=1.0,
        cells=cells(
            {
                (Service.RUNNERS, "us-central1"): rows(*runners),
                (Service.JOBS, "us-central1"): rows(*jobs),
                (Service.BUILDS_ACTIVE, "us-east1"): Failed(refusal),
            }
        ),
        found=tuple(found),
    )


@QUICK
@given(count=st.integers(0, 300), name=ANY, style=st.sampled_from(Style))
def test_any_number_of_rows_fits(count: int, name: str, style: Style) -> None:
    """Hundreds of jobs at work are all shown or counted: the table is cut, never refused, never silent."""
    jobs = [job(f"{number}", JobState.RUNNING, age=number + 2, name=name) for number in range(count)]
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.JOBS, "us-central1"): rows(*jobs)}))
    table = next(table for table in tables(scan, NOW) if table.section == "jobs")
    message = section_message(table, scan, style)

    check(message)
    assert len(table.rows) == count
    assert len(table.shown) + table.overflow == count
    assert to_csv(table).count("\n") >= count
    assert bool(table.overflow) == any("more row" in text for text in spoken(message.blocks))


@QUICK
@given(name=ANY, other=ANY)
def test_sentences_with_any_words_are_taken_and_safe(name: str, other: str) -> None:
    """What a person typed is repeated to them; it must not come alive on the way."""
    check(
        words.bad_input(name),
        words.invite_me(name, other),
        words.nothing_started(name),
        words.cancelling_launch(name),
        words.no_longer_known(name),
        words.store_error(name),
        words.already_launched(name),
        words.log_unread(name, other),
        words.presets([words.PresetSummary(name, other, name, DEAR, default=True, overrides=(other,))] * 70),
    )


@QUICK
@given(count=st.integers(0, 120), name=ANY)
def test_a_home_of_any_launches_fits(count: int, name: str) -> None:
    """The board is published whole or not at all: a busy week must not empty it."""
    launches = [launch_named(name, name, Verdict.FAILED), *[replace(QUEUED, name=name)] * count, FAILED]
    board = home(launches, NOW, "U01ANA")

    assert broken_rules(board, blocks=100) == []
    check(status(launches, NOW, "U01ANA"))


def test_the_busy_scan_names_no_person() -> None:
    """A scan is posted to a channel again and again: nobody may be mentioned by it."""
    texts = [
        text
        for table in tables(BUSY, NOW)
        for text in spoken(section_message(table, BUSY, Style.NATIVE).blocks)
    ]

    assert not [text for text in texts if "<@" in text]
