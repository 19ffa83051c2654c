"""Monitor threads in Slack: a parent message and one reply for each table, posted once and then edited."""

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
    """The state of a monitor thread. `began` is when the current write began; `shown` is the shown scan.

    `replies` holds the message of each section and the hash of its blocks, to skip edits without changes.
    """

    parent: MessageRef
    words: str
    began: datetime
    parent_hash: str = ""
    replies: dict[Section, tuple[MessageRef, str]] = field(default_factory=dict)
    shown: ScanSnapshot | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass(frozen=True, slots=True)
class SlackOutput:
    """The Slack objects that a monitor thread is written with."""

    slack: SlackClient
    poster: MessagePoster
    edit_queue: EditQueue
    bot_name: str


class MonitorThreadWriter:
    """Writes monitor threads. Methods that post raise ServiceError and NotInvited."""

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
        message = self._verdict(scan, None)
        monitor_thread = MonitorThread(
            MessageRef(channel, ""), words, self._clock.now(), _content_hash(message)
        )
        monitor_thread.parent = await self._with_permalink(
            await self._post.post(channel, message, tags=_tags(monitor_thread))
        )
        return monitor_thread

    def reopen(self, thread: Thread, sections: tuple[Section, ...]) -> MonitorThread:
        """Return the state of a stored thread, to write it reopen."""
        looks = (*thread.looks, *[""] * len(thread.replies))
        refs = [
            (MessageRef(thread.parent.channel, ts), look)
            for ts, look in zip(thread.replies, looks, strict=False)
        ]
        replies = dict(zip(sections, refs, strict=False))
        return MonitorThread(thread.parent, thread.words, self._clock.now(), "", replies, thread.shown)

    def update_parent(self, monitor_thread: MonitorThread, scan: Scan, since: Changes | None = None) -> None:
        """Update the parent message."""
        message = self._verdict(scan, since)
        if _content_hash(message) != monitor_thread.parent_hash:
            monitor_thread.parent_hash = _content_hash(message)
            self._queue_edit(monitor_thread.parent, message)

    async def show(self, monitor_thread: MonitorThread, scan: Scan, since: Changes | None = None) -> None:
        """Update the thread: post missing replies and edit changed ones."""
        self.update_parent(monitor_thread, scan, since)
        for section, message in (await self._render(scan)).items():
            ref, before = monitor_thread.replies.get(section, (None, None))
            if ref is None:
                tags = {**_tags(monitor_thread), "section": section.value}
                ref = await self._post.post(
                    monitor_thread.parent.channel, message, thread_ts=monitor_thread.parent.ts, tags=tags
                )
            elif _content_hash(message) != before:
                self._queue_edit(ref, message)
            monitor_thread.replies[section] = (ref, _content_hash(message))

    async def attach_overflow(self, monitor_thread: MonitorThread, scan: Scan) -> None:
        """Upload the tables that do not fit in a message as CSV files."""
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
        """Store where the thread is and what it shows, so that any process can refresh it."""
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
            self._log.warning("a thread could not be stored", reason=str(error))

    def _verdict(self, scan: Scan, since: Changes | None) -> Message:
        return verdict(scan, scan.started, console_url=self._console, since=since)

    async def _render(self, scan: Scan) -> dict[Section, Message]:
        """Return the reply of each section, rendered in a thread: thousands of rows would delay acks."""
        # Ages are relative to the scan's start, so that an unchanged table gives an equal message.
        made = await self._tables(scan, scan.started)
        return await asyncio.to_thread(
            lambda: {table.section: section_message(table, scan, self._style) for table in made}
        )

    async def _tables(self, scan: Scan, now: datetime) -> tuple[Table, ...]:
        machines = await self._machines.of(scan)
        return await asyncio.to_thread(tables, scan, now, machines)

    def _queue_edit(self, ref: MessageRef, message: Message) -> None:
        async def send() -> None:
            await self._output.poster.update(ref.channel, ref.ts, message)

        self._output.edit_queue.offer(Edit(channel=ref.channel, ts=ref.ts, send=send, owed=True))

    async def _with_permalink(self, ref: MessageRef) -> MessageRef:
        try:
            return replace(ref, url=await self._output.slack.permalink(ref.channel, ref.ts))
        except ServiceError:
            return ref


def _content_hash(message: Message) -> str:
    """Return a hash of the blocks. Differences in the plain text alone, such as ages, do not count."""
    return hashlib.sha256(json.dumps(message.blocks).encode()).hexdigest()[:16]


def _tags(monitor_thread: MonitorThread) -> dict[str, str]:
    """Return the metadata to find a message of this thread reopen. All channel members can read it."""
    return {"kind": KIND, "scan": monitor_thread.token}


class MachineTypes:
    """Looks up the machine types of launched runs."""

    def __init__(self, settings: Settings, launches: Launches) -> None:
        self._presets = {preset.name: preset.machine_type for preset in settings.preset}
        self._launches = launches

    async def of(self, scan: Scan) -> Mapping[str, str]:
        """Return machine types by run id for the jobs of a scan that were launched by the bot."""
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
