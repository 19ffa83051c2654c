"""Finds where the text of a log line begins, after the prefixes of log writers."""

from __future__ import annotations

import re

_PREFIX = re.compile(
    r"[ \t]*+(?:(?:"
    r"\d{4}-\d\d-\d\d(?:[T ][\d:.,]{5,20}(?:Z|[+-]\d\d:?\d\d)?)?"  # 2026-11-23T10:00:00.123Z
    r"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    r"|\[[^\[\]\s]{1,40}\]:?|\(\w{1,20}[ =]\w{1,20}\)"  # [rank0]: [INFO] (pid 12)
    r"|(?:[Rr]ank ?)?\d{1,5}:"
    r"|(?:wandb|launch|stderr|stdout|ERROR|INFO|WARNING|WARN|DEBUG|CRITICAL|FATAL):"
    r"|(?:ERROR|INFO|WARNING|WARN|DEBUG|CRITICAL|FATAL|[|│>-])(?=\s)"
    r"|Step #\d{1,4}(?: - \"[^\"]{1,60}\")?:|#\d{1,4} \d{1,5}\.\d{1,4}|\+{1,4}(?=\s)"
    r")[ \t]*+)*+"
)


def content_start(row: str) -> int:
    """Return the position of the text of `row`, after timestamps, levels, ranks and step names."""
    found = _PREFIX.match(row)
    return found.end() if found else 0
