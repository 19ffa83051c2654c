"""Validates tables: rows, cells, columns, and the total characters of all tables in a message.

Sources: https://docs.slack.dev/reference/block-kit/blocks/table-block and .../data-table-block
"""

from __future__ import annotations

from bot.sandbox.slack.validator.characters import characters
from bot.sandbox.slack.validator.report import Report, kind_of
from bot.sandbox.slack.validator.rich_text import rich_text
from bot.sandbox.slack.wire import Json

ROWS, COLUMNS = 100, 20
DATA_ROWS_LEAST, DATA_ROWS = 2, 201
CELL_TEXT = 10_000
PAGE_SIZE = 100


def table(report: Report, block: Json, pointer: str) -> None:
    """Check a table block; add its characters to the message's total."""
    report.tables += 1
    for index, row in enumerate(report.items(block["rows"], f"{pointer}/rows", 1, ROWS)):
        _row(report, row, f"{pointer}/rows/{index}", plain_only=False)
    settings = block.get("column_settings") or []
    for index, column in enumerate(report.items(settings, f"{pointer}/column_settings", 0, COLUMNS)):
        where = f"{pointer}/column_settings/{index}"
        # null keeps the column's defaults when a later column has settings
        if column is not None and report.keys(column, where, (), ("align", "is_wrapped")):
            report.boolean(column, "is_wrapped", where)
            if "align" in column:
                report.choice(column["align"], f"{where}/align", ("left", "center", "right"))


def data_table(report: Report, block: Json, pointer: str) -> None:
    """Check a data_table block: a caption, a header row of plain cells, and at least one more row."""
    report.tables += 1
    report.string(block["caption"], f"{pointer}/caption", CELL_TEXT)
    report.number(block, "page_size", pointer, 1, PAGE_SIZE)
    rows = report.items(block["rows"], f"{pointer}/rows", DATA_ROWS_LEAST, DATA_ROWS)
    for index, row in enumerate(rows):
        _row(report, row, f"{pointer}/rows/{index}", plain_only=index == 0)


def _row(report: Report, row: object, pointer: str, *, plain_only: bool) -> None:
    for index, cell in enumerate(report.items(row, pointer, 1, COLUMNS)):
        where = f"{pointer}/{index}"
        kind = kind_of(cell)
        if kind == "rich_text" and not plain_only:
            rich_text(report, cell, where, is_block=False)
        elif kind == "raw_text":
            if report.keys(cell, where, ("type", "text"), ()):
                report.string(cell["text"], f"{where}/text", CELL_TEXT)
        elif kind == "raw_number" and not plain_only:
            if report.keys(cell, where, ("type", "value"), ("text",)):
                report.optional_string(cell, "text", where, CELL_TEXT)
        else:
            report.add(f"unsupported type: {kind}", f"{where}/type")
        report.table_characters += characters(cell)
