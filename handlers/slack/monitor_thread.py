"""A monitor thread in Slack: its parent and its tables, posted once, edited as answers come, remembered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from bot.clients.slack import EditQueue, SlackClient
from bot.clients.slack.edit_queue import Edit
from bot.models.cloud import CustomJob
from bot.models.errors import ServiceError, StoreError
from bot.models.launch import MessageRef
from bot.models.scan import Scan, Section
from bot.models.scan_diff import Changes, ScanSnapshot
from bot.models.scan_rows import table_rows
from bot.ports import Clock, Launches, Thread, Threads
from bot.settings import Settings
from formatting.message import Message
from formatting.monitor.reply import section_message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.table.model import Table, to_csv
from formatting.table.slack import Style
from formatting.times import clock
from handlers.slack.poster import IdempotentPoster, MessagePoster

KIND = "monitor"


@dataclass(slots=True)
class MonitorThread:
    """A monitor thread as it now stands; `began` is when its present writing began, `shown` what it shows.

    `replies` holds each table's message, and what it looks like, by which an edit without news is spared.
    """

    parent: MessageRef
    words: str
    began: datetime
    said: str = ""
    replies: dict[Section, tuple[MessageRef, str]] = field(default_factory=dict)
    shown: ScanSnapshot | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class SlackOutput:
    """How a command speaks: at once, through fallbacks, or in its turn."""

    slack: SlackClient
    poster: MessagePoster
    edit_queue: EditQueue
    bot_name: str


class MonitorThreadWriter:
    """Writes monitor threads. Every method that posts raises ServiceError and NotInvited."""

    def __init__(
        self, settings: Settings, clock: Clock, output: SlackOutput, threads: Threads, machines: MachineTypes
    ) -> None:
        self._clock = clock
        self._output = output
        self._post = IdempotentPoster(output.slack, output.poster, clock)
        self._threads = threads
        self._machines = machines
        self._style = Style(settings.slack.tables)
        project = settings.google.project
        self._console = f"https://console.cloud.google.com/vertex-ai/training/custom-jobs?project={project}"
        self._log = structlog.get_logger("monitor")

    async def open(self, channel: str, scan: Scan, words: str) -> MonitorThread:
        """Post the parent message of a new thread."""
        said = self._verdict(scan, None)
        monitor_thread = MonitorThread(MessageRef(channel, ""), words, self._clock.now(), _look(said))
        monitor_thread.parent = await self._linked(
            await self._post.post(channel, said, tags=_tags(monitor_thread))
        )
        return monitor_thread

    def again(self, thread: Thread, sections: tuple[Section, ...]) -> MonitorThread:
        """Return a thread that was written before, to be written anew."""
        looks = (*thread.looks, *[""] * len(thread.replies))
        refs = [
            (MessageRef(thread.parent.channel, ts), look)
            for ts, look in zip(thread.replies, looks, strict=False)
        ]
        replies = dict(zip(sections, refs, strict=False))
        return MonitorThread(thread.parent, thread.words, self._clock.now(), "", replies, thread.shown)

    def tell(self, monitor_thread: MonitorThread, scan: Scan, since: Changes | None = None) -> None:
        """Brings the parent message up to date."""
        said = self._verdict(scan, since)
        if _look(said) != monitor_thread.said:
            monitor_thread.said = _look(said)
            self._owe(monitor_thread.parent, said)

    async def show(self, monitor_thread: MonitorThread, scan: Scan, since: Changes | None = None) -> None:
        """Brings the thread up to date: replies that it lacks are posted, those with news edited."""
        self.tell(monitor_thread, scan, since)
        for section, message in (await self._render(scan)).items():
            ref, before = monitor_thread.replies.get(section, (None, None))
            if ref is None:
                tags = {**_tags(monitor_thread), "section": section.value}
                ref = await self._post.post(
                    monitor_thread.parent.channel, message, thread_ts=monitor_thread.parent.ts, tags=tags
                )
            elif _look(message) != before:
                self._owe(ref, message)
            monitor_thread.replies[section] = (ref, _look(message))

    async def attach_overflow(self, monitor_thread: MonitorThread, scan: Scan) -> None:
        """Rows that no message can hold go into a file."""
        now = self._clock.now()
        for table in await self._tables(scan, now):
            if table.overflow:
                await self._output.slack.upload(
                    monitor_thread.parent.channel,
                    monitor_thread.parent.ts,
                    filename=f"{table.section}.csv",
                    title=f"{table.heading}, {clock(now)}",
                    content=to_csv(table),
                )

    async def remember(self, monitor_thread: MonitorThread, *, finished: bool = False) -> None:
        """Write down where the thread is and what it shows, for a refresh by whichever process is alive."""
        thread = Thread(
            parent=monitor_thread.parent,
            words=monitor_thread.words,
            started=monitor_thread.began,
            replies=tuple(ref.ts for ref, _ in monitor_thread.replies.values()),
            finished=self._clock.now() if finished else None,
            shown=monitor_thread.shown,
            looks=tuple(look for _, look in monitor_thread.replies.values()),
        )
        try:
            await self._threads.remember(thread)
        except StoreError as error:
            self._log.warning("a thread could not be remembered", reason=str(error))

    def _verdict(self, scan: Scan, since: Changes | None) -> Message:
        return verdict(scan, scan.started, console_url=self._console, since=since)

    async def _render(self, scan: Scan) -> dict[Section, Message]:
        """Each section's reply, made beside the loop: thousands of rows take long enough to hold up acks."""
        # Ages count from the scan's start, so that a table without news is the same message again.
        made = await self._tables(scan, scan.started)
        return await asyncio.to_thread(
            lambda: {table.section: section_message(table, scan, self._style) for table in made}
        )

    async def _tables(self, scan: Scan, now: datetime) -> tuple[Table, ...]:
        machines = await self._machines.of(scan)
        return await asyncio.to_thread(tables, scan, now, machines)

    def _owe(self, ref: MessageRef, message: Message) -> None:
        async def send() -> None:
            await self._output.poster.update(ref.channel, ref.ts, message)

        self._output.edit_queue.offer(Edit(channel=ref.channel, ts=ref.ts, send=send, owed=True))

    async def _linked(self, ref: MessageRef) -> MessageRef:
        try:
            return replace(ref, url=await self._output.slack.permalink(ref.channel, ref.ts))
        except ServiceError:
            return ref


def _look(message: Message) -> str:
    """Return what tells a message from one that looks different; ages in its plain text alone are no news."""
    return hashlib.sha256(json.dumps(message.blocks).encode()).hexdigest()[:16]


def _tags(monitor_thread: MonitorThread) -> dict[str, str]:
    """Return what every member may read of a message of this thread: enough to know it again."""
    return {"kind": KIND, "scan": monitor_thread.token}


class MachineTypes:
    """Knows which machine type each launched run asked for."""

    def __init__(self, settings: Settings, launches: Launches) -> None:
        self._presets = {preset.name: preset.machine_type for preset in settings.preset}
        self._launches = launches

    async def of(self, scan: Scan) -> Mapping[str, str]:
        """Machine types by run id, for the jobs that a scan shows; others are not known here."""
        if Section.JOBS not in scan.sections:
            return {}
        jobs = [row for row in table_rows(scan, Section.JOBS) if isinstance(row, CustomJob)]
        run_ids = [job.run_id for job in jobs if job.run_id]
        try:
            launches = await self._launches.by_run_ids(run_ids)
        except StoreError:
            return {}
        return {
            launch.launch_id: self._presets[launch.preset]
            for launch in launches
            if launch.preset in self._presets
        }
