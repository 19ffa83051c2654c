"""Stand-in for Cloud Logging: ListLogEntries with filters, paging, quota and ingestion delay."""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime
from typing import Any

from google.cloud.logging_v2 import types

from bot.sandbox.google.entry_message import SEVERITIES, entry_message
from bot.sandbox.google.failures import denied, exhausted, invalid
from bot.sandbox.google.filter_fields import Field, RankField, Test, TextField, TimeField, unknown_field
from bot.sandbox.google.filters import compile_filter
from bot.sandbox.google.messages import raw
from bot.sandbox.google.paging import new_token, read_token
from bot.sandbox.google.rpc import Method, Service
from bot.sandbox.world.state import SimLogEntry
from bot.sandbox.world.world import World

SERVICE = Service("logging", "logging.googleapis.com", "Cloud Logging API")
NO_REGION = "-"  # Cloud Logging answers for a whole project

# https://cloud.google.com/logging/docs/reference/v2/rest/v2/entries/list
DEFAULT_PAGE = 50
PAGE = 1000
LONGEST_FILTER = 20_000
_ORDERS = {"": False, "timestamp asc": False, "timestamp desc": True}
_QUOTA_SECONDS = 60.0

Key = tuple[datetime, str]


class CloudLogging:
    """ListLogEntries on one world.

    `reads_per_minute` is enforced over any 60 seconds. After `scan_per_page` entries a read
    returns what it found, possibly nothing, and a token to continue the search.
    """

    def __init__(self, world: World, *, reads_per_minute: int, scan_per_page: int) -> None:
        self._world = world
        self._reads_per_minute = reads_per_minute
        self._scan_per_page = scan_per_page
        self._reads: deque[float] = deque()

    def methods(self) -> list[Method]:
        """Return the methods to serve."""
        return [
            Method(
                "google.logging.v2.LoggingServiceV2",
                "ListLogEntries",
                raw(types.ListLogEntriesRequest),
                raw(types.ListLogEntriesResponse),
                self.list_log_entries,
                lambda _request: NO_REGION,
                "logging.logEntries.list",
            ),
        ]

    def list_log_entries(self, request: Any) -> Any:
        """Return the visible entries that match the filter, by time; entries of equal time by insert id."""
        self._spend()
        matches, newest_first, size = self._checked(request)
        request_key = [*request.resource_names, request.filter, request.order_by]
        entries = self._entries_after(read_token(request.page_token, request_key), newest_first=newest_first)
        response = raw(types.ListLogEntriesResponse)()
        for scanned, entry in enumerate(entries, start=1):
            if matches(entry):
                response.entries.append(entry_message(self._world, entry))
            full = len(response.entries) >= size or scanned >= self._scan_per_page
            if full and scanned < len(entries):
                response.next_page_token = new_token([entry.at.isoformat(), entry.insert_id], request_key)
                break
        return response

    def _entries_after(self, token: tuple[str, ...], *, newest_first: bool) -> list[SimLogEntry]:
        now = self._world.now()
        entries = [entry for entry in self._world.logs if entry.visible <= now]
        entries.sort(key=lambda entry: entry.insert_id)
        entries.sort(key=lambda entry: entry.at, reverse=newest_first)
        if not token:
            return entries
        last, insert_id = datetime.fromisoformat(token[0]), token[1]
        return [
            entry
            for entry in entries
            if (entry.at < last if newest_first else entry.at > last)
            or (entry.at == last and entry.insert_id > insert_id)
        ]

    def _checked(self, request: Any) -> tuple[Test, bool, int]:
        if not request.resource_names:
            raise invalid("resource_names is required: name one or more parent resources.", "resource_names")
        for name in request.resource_names:
            kind, _, project = name.partition("/")
            if kind != "projects" or not project or "/" in project:
                raise invalid(f"Invalid resource name '{name}'.", "resource_names")
            if project != self._world.project:
                raise denied("logging.logEntries.list", name, SERVICE.host)
        if request.order_by not in _ORDERS:
            raise invalid(f"Invalid order_by '{request.order_by}'.", "order_by")
        if not 0 <= request.page_size <= PAGE:
            raise invalid(f"page_size must be between 0 and {PAGE}, got {request.page_size}.", "page_size")
        if len(request.filter) > LONGEST_FILTER:
            raise invalid(f"The filter is longer than {LONGEST_FILTER} characters.", "filter")
        matches = compile_filter(request.filter, _field)
        return matches, _ORDERS[request.order_by], request.page_size or DEFAULT_PAGE

    def _spend(self) -> None:
        now = time.monotonic()
        while self._reads and now - self._reads[0] >= _QUOTA_SECONDS:
            self._reads.popleft()
        if len(self._reads) >= self._reads_per_minute:
            raise exhausted(
                SERVICE.host,
                self._world.project,
                metric="logging.googleapis.com/read_requests",
                limit="ReadRequestsPerMinutePerProject",
            )
        self._reads.append(now)


_TEXT = frozenset({"=", "!=", ":"})
_FIELDS: dict[str, Field] = {
    "resource.type": TextField(lambda entry: entry.resource_type, _TEXT, any_case=True),
    "insertId": TextField(lambda entry: entry.insert_id, _TEXT, any_case=True),
    "insert_id": TextField(lambda entry: entry.insert_id, _TEXT, any_case=True),
    "textPayload": TextField(lambda entry: entry.text, _TEXT, any_case=True),
    "timestamp": TimeField(lambda entry: entry.at),
    "severity": RankField(lambda entry: entry.severity, SEVERITIES),
}


def _field(path: tuple[str, ...]) -> Field:
    match path:
        case ("labels", key):
            return TextField(lambda entry: entry.labels.get(key), _TEXT, any_case=True)
        case ("resource", "labels", key):
            return TextField(lambda entry: entry.resource_labels.get(key), _TEXT, any_case=True)
    name = ".".join(path)
    if name not in _FIELDS:
        raise unknown_field(name)
    return _FIELDS[name]
