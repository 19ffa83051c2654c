"""Tables stay in line, and whole, whatever their names are made of."""

from __future__ import annotations

from dataclasses import replace

from look_samples import NOW, cells, job, rows
from slack_rules import spoken

from bot.models.cloud import JobState
from bot.models.scan import Scan, Section, Service
from formatting.message import Message
from formatting.monitor.reply import section_message
from formatting.monitor.tables import tables
from formatting.table.model import Table, to_csv
from formatting.table.slack import Style
from formatting.table.text import text
from formatting.table.width import display_width

NAMES = (
    "plain",
    "日本語の名前",
    "fire 🔥 and 👩‍👩‍👧‍👦",
    "flag 🇩🇪",
    "accent e\u0301e\u0301",
    "שלום עולם",
    "pipe | in it",
    "two\nlines",
    "back`tick ``` fence",
)


def jobs_table(*names: str, state: JobState = JobState.RUNNING) -> tuple[Table, Scan]:
    """The jobs' table of a scan in which each job has one of these names."""
    found = [job(str(100 + number), state, age=number + 2, name=name) for number, name in enumerate(names)]
    scan = Scan(started=NOW, took=1.0, cells=cells({(Service.JOBS, "us-central1"): rows(*found)}))
    return next(one for one in tables(scan, NOW) if one.section is Section.JOBS), scan


def test_columns_stay_in_line() -> None:
    """The region of each row stands under its heading, also behind wide, joined or accented letters."""
    table, _ = jobs_table(*NAMES)
    head, _, *lines = text(table).split("\n")
    column = head.index("Region")

    assert len(lines) == len(NAMES)
    assert {display_width(line[: line.index("us-central1")].replace("\u200e", "")) for line in lines} == {
        column
    }


def test_text_from_right_to_left_is_fenced_in() -> None:
    """A Hebrew name would otherwise pull the numbers behind it to its other side."""
    table, _ = jobs_table("אבג")

    assert "\u200eאבג\u200e" in text(table)


def test_a_table_shows_what_it_can_and_counts_the_rest() -> None:
    """Two hundred jobs at work: the newest rows, a count of the others, and all of them in the file."""
    table, scan = jobs_table(*(f"otter-{number}" for number in range(200)))

    for style in Style:
        message = section_message(table, scan, style)
        assert f"{table.overflow} more rows in the file below." in list(spoken(message.blocks))
        assert rows_in(message) == 200 - table.overflow
    assert table.overflow > 100
    assert to_csv(table).count("\n") == 201


def rows_in(message: Message) -> int:
    """How many jobs a message shows, in its table or its fences."""
    for block in message.blocks:
        if block["type"] == "table":
            return len(block["rows"]) - 1
    fences = [one for one in spoken(message.blocks) if one.startswith("```")]
    return sum(fence.count("otter-") for fence in fences)


def test_the_text_of_a_message_is_cut_at_a_row() -> None:
    """Readers without blocks get whole rows, and learn how many more there are."""
    table, scan = jobs_table(*(f"otter-{number}" for number in range(200)))
    said = section_message(table, scan, Style.NATIVE).text
    shown = said.count("otter-")

    assert len(said) <= 4_000
    assert f"... and {200 - shown} more rows." in said
    assert all(line.count("us-central1") == 1 for line in said.split("\n") if "otter-" in line)


def test_a_terminal_shows_every_row() -> None:
    """A terminal has no limit: nothing is cut there."""
    table, _ = jobs_table(*(f"otter-{number}" for number in range(200)))

    assert text(table).count("otter-") == 200


def test_a_file_holds_no_formulas() -> None:
    """A spreadsheet runs a cell that begins with a sign; a run's name must not."""
    table, _ = jobs_table("=HYPERLINK(1)", "+1", "-2", "@sum", "fine, with comma")
    file = to_csv(table)

    assert [line.split(",")[1] for line in file.split("\n")[1:5]] == ["'=HYPERLINK(1)", "'+1", "'-2", "'@sum"]
    assert '"fine, with comma"' in file


def test_what_is_not_known_is_a_dash() -> None:
    """An empty cell is refused by Slack, and a guess would be worse."""
    table, _ = jobs_table("", state=JobState.QUEUED)
    bare = replace(table, rows=(table.rows[0],))

    assert [cell.text for cell in bare.rows[0]] == [
        "100",
        "-",
        "us-central1",
        "○ queued",
        "-",
        "1 min",
        "2 min ago",
        "-",
    ]
