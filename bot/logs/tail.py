"""Reads a log forward, each entry once."""

from __future__ import annotations

from datetime import datetime

from bot.logs.diagnosing_reader import oldest_first
from bot.models.cloud import LogEntry
from bot.models.diagnosis import Source
from bot.ports import Logs, LogScope

# The maximum of one read: https://docs.cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
PAGE_SIZE = 1000
READ_SECONDS = 60.0  # of one read, including the wait for the rate limiter, which other readers share


class LogTail:
    """The log of one execution, as read so far.

    Reading continues at the time of the last entry. Entries of that time are told apart by their insert ids,
    as in Cloud Logging.
    """

    def __init__(self, logs: Logs, owner: str, since: datetime) -> None:
        self._logs = logs
        self._owner = owner
        self._since = since
        self._seen: set[str] = set()
        self._entries: list[LogEntry] = []

    async def read(self, *, until: datetime) -> None:
        """Read the entries up to `until`. Raise ServiceError; the pages read before are kept."""
        scope = LogScope(Source.CLOUD_RUN, (self._owner,), self._since, max(until, self._since))
        cursor = ""
        while True:
            page = await self._logs.read(
                scope, newest_first=False, limit=PAGE_SIZE, cursor=cursor, deadline=READ_SECONDS
            )
            for entry in page.entries:
                self._add(entry)
            cursor = page.cursor
            if not cursor:
                return

    def texts(self) -> list[str]:
        """Return the texts of the entries, oldest first, *not* redacted."""
        return [entry.text for entry in oldest_first(self._entries)]

    def _add(self, entry: LogEntry) -> None:
        if entry.at > self._since:
            self._since = entry.at
            self._seen.clear()
        elif entry.insert_id in self._seen:
            return
        self._seen.add(entry.insert_id)
        self._entries.append(entry)
