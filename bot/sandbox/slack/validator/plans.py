"""Validates plans and task cards: titles are strings, a plan's tasks have no type.

Sources: https://docs.slack.dev/reference/block-kit/blocks/plan-block and .../task-card-block
"""

from __future__ import annotations

from bot.sandbox.slack.validator.objects import link
from bot.sandbox.slack.validator.report import Report
from bot.sandbox.slack.validator.rich_text import rich_text
from bot.sandbox.slack.wire import Json

TASKS = 50
STATUSES = ("pending", "in_progress", "complete", "error")
TITLE = 3_000


def plan(report: Report, value: Json, pointer: str) -> None:
    """Check a plan block with its tasks."""
    report.string(value["title"], f"{pointer}/title", TITLE)
    seen: set[str] = set()
    for index, task in enumerate(report.items(value.get("tasks") or [], f"{pointer}/tasks", 0, TASKS)):
        where = f"{pointer}/tasks/{index}"
        if not report.keys(task, where, ("task_id", "title"), ("status", "details", "output", "sources")):
            continue
        if task["task_id"] in seen:
            report.add(f"`task_id` {task['task_id']} already exists", f"{where}/task_id")
        seen.add(task["task_id"])
        task_card(report, task, where)


def task_card(report: Report, value: Json, pointer: str) -> None:
    """Check the properties that task cards and a plan's tasks share."""
    report.string(value["title"], f"{pointer}/title", TITLE)
    report.choice(value.get("status", "pending"), f"{pointer}/status", STATUSES)
    for name in ("details", "output"):
        if value.get(name) is not None:
            rich_text(report, value[name], f"{pointer}/{name}")
    for index, source in enumerate(value.get("sources") or []):
        where = f"{pointer}/sources/{index}"
        if report.keys(source, where, ("type", "url"), ("text",)):
            link(report, source["url"], f"{where}/url")
