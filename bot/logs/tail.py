"""Reads one log forward: what was read is not read again, and nothing that was written twice is lost."""

from __future__ import annotations

from datetime import datetime

from bot.logs.diagnosing_reader import oldest_first
from bot.models.cloud import LogEntry
from bot.models.diagnosis import Source
from bot.ports import Logs, LogScope

# The most that one read returns: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
PAGE = 1000
READ_SECONDS = 60.0  # of one read, waiting for the budget included: other watchers may come first


class LogTail:
    """The log of one execution, read so far.

    It goes on from the time of the last entry; entries of that time are told apart by their insert ids,
    which is how Cloud Logging itself tells repeated lines from one line sent twice.
    """

    def __init__(self, logs: Logs, owner: str, since: datetime) -> None:
        self._logs = logs
        self._owner = owner
        self._since = since
        self._seen: set[str] = set()
        self._entries: list[LogEntry] = []

    async def read(self, *, until: datetime) -> None:
        """Read on, up to `until`. Raise ServiceError; the pages read before it are kept."""
        scope = LogScope(Source.CLOUD_RUN, (self._owner,), self._since, max(until, self._since))
        cursor = ""
        while True:
            page = await self._logs.read(
                scope, newest_first=False, limit=PAGE, cursor=cursor, deadline=READ_SECONDS
            )
            for entry in page.entries:
                self._take(entry)
            cursor = page.cursor
            if not cursor:
                return

    def texts(self) -> list[str]:
        """Return what was read, oldest first, one text an entry, *not* redacted."""
        return [entry.text for entry in oldest_first(self._entries)]

    def _take(self, entry: LogEntry) -> None:
        if entry.at > self._since:
            self._since = entry.at
            self._seen.clear()
        elif entry.insert_id in self._seen:
            return
        self._seen.add(entry.insert_id)
        self._entries.append(entry)
