"""Log actions: explain why a row failed, show more lines around the cause, upload the whole log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bot.app import ExternalClients
from bot.clients.slack import SlackClient
from bot.launches.steps.diagnose import log_scope
from bot.models.cloud import Build, BuildStatus
from bot.models.diagnosis import Diagnosis, Source
from bot.models.errors import BadInput
from bot.models.launch import MessageRef
from bot.models.scan import Row, RowDiagnosis, Section
from bot.ports import Clock, LogScope
from bot.settings import Settings
from bot.store import Store
from formatting import messages
from formatting.failure.blocks import LINES, failure_message
from formatting.failure.view import view_of
from formatting.message import Message
from formatting.slack.action_ids import OF_LAUNCH
from handlers.slack.poster import MessagePoster

# About 1 MB at 200 characters a line, the limit of a snippet. Costs at most 5 read requests.
MAX_LINES = 5_000

SOURCES = {
    Section.RUNNERS: Source.CLOUD_RUN,
    Section.JOBS: Source.VERTEX,
    Section.BUILDS: Source.CLOUD_BUILD,
    Section.RECENT_BUILDS: Source.CLOUD_BUILD,
}


@dataclass(frozen=True, slots=True)
class LogRef:
    """Identifies a log by the row of a table, or by a launch if `section` is OF_LAUNCH."""

    section: str
    region: str
    row_id: str


class LogActions:
    """Implements the buttons below failures; replies in the thread in which they were pressed."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        clients: ExternalClients,
        store: Store,
        slack: SlackClient,
        poster: MessagePoster,
    ) -> None:
        self._settings = settings
        self._clients = clients
        self._lookback = timedelta(days=settings.logs.lookback_days)
        self._clock = clock
        self._reader = clients.reader
        self._launches = store.launches
        self._diagnoses = store.diagnoses
        self._threads = store.threads
        self._slack = slack
        self._poster = poster

    async def attach(self, log_ref: LogRef, channel: str, thread_ts: str) -> None:
        """Upload the redacted log into the thread as a file. If it is too long, only its end is kept."""
        lines = await self._reader.lines(await self._scope(log_ref), limit=MAX_LINES)
        if not lines:
            raise BadInput(f"The log of {log_ref.row_id} is empty, or has not arrived yet.")
        truncated = len(lines) >= MAX_LINES
        await self._slack.upload(
            channel,
            thread_ts,
            filename=f"{log_ref.row_id}.log",
            title=f"{log_ref.row_id}.log",
            comment=messages.log_file_comment(log_ref.row_id, lines=len(lines), cut_before=truncated),
            content="\n".join(lines),
        )

    async def explain(self, log_ref: LogRef, channel: str, thread_ts: str) -> None:
        """Post in the thread why the row failed."""
        stored = await self._diagnoses.find([log_ref.row_id])
        diagnosis = stored[0].diagnosis if stored else await self._read(log_ref, LINES)
        await self._poster.post(channel, await self._message(log_ref, diagnosis, LINES), thread_ts=thread_ts)

    async def show_context(self, log_ref: LogRef, lines: int, channel: str, thread_ts: str, ts: str) -> None:
        """Show `lines` lines around the cause: in a new message the first time, then by editing that message.

        `ts` is the message that was pressed. A reply with a table is never edited.
        """
        message = await self._message(log_ref, await self._read(log_ref, lines), lines)
        if await self._is_table(channel, thread_ts, ts):
            await self._poster.post(channel, message, thread_ts=thread_ts)
        else:
            await self._poster.update(channel, ts, message)

    async def _is_table(self, channel: str, thread_ts: str, ts: str) -> bool:
        thread = await self._threads.find(MessageRef(channel, thread_ts))
        return thread is None or ts in thread.replies

    async def _read(self, log_ref: LogRef, lines: int) -> Diagnosis:
        diagnosis = await self._reader.read(await self._scope(log_ref), context=lines)
        if diagnosis is None:
            raise BadInput(f"The log of {log_ref.row_id} is empty, or has not arrived yet.")
        return diagnosis

    async def _message(self, log_ref: LogRef, diagnosis: Diagnosis, lines: int) -> Message:
        section = Section(log_ref.section)
        row = await self._row(log_ref, section)
        found = RowDiagnosis(log_ref.row_id, diagnosis, self._reader.url(await self._scope(log_ref)))
        view = view_of(section, row, found, runs={})
        if view is None:
            raise BadInput("Rows of this table have no log of their own.")
        return failure_message(view, lines=lines)

    async def _row(self, log_ref: LogRef, section: Section) -> Row:
        """Return the current row. Builds are not read: only the id and region from the button are set."""
        location = f"projects/{self._settings.google.project}/locations/{log_ref.region}"
        if section is Section.RUNNERS:
            job = self._settings.runner.job
            return await self._clients.runners.get_execution(
                f"{location}/jobs/{job}/executions/{log_ref.row_id}"
            )
        if section is Section.JOBS:
            return await self._clients.jobs.get_job(f"{location}/customJobs/{log_ref.row_id}")
        return Build(build_id=log_ref.row_id, region=log_ref.region, status=BuildStatus.FAILURE)

    async def _scope(self, log_ref: LogRef) -> LogScope:
        if log_ref.section == OF_LAUNCH:
            launch = await self._launches.get(log_ref.row_id)
            scope = log_scope(launch) if launch is not None else None
            if scope is None:
                raise BadInput("There is no log to show for this launch.")
            return scope
        try:
            source = SOURCES[Section(log_ref.section)]
        except (KeyError, ValueError):
            raise BadInput("Rows of this table have no log of their own.") from None
        return LogScope(source, (log_ref.row_id,), self._clock.now() - self._lookback)
