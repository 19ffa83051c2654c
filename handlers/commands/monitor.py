"""The listeners of /monitor and its Refresh button: write one scan into a thread and edit it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import uuid4

from bot.models.errors import BadInput, ServiceError, StoreError
from bot.models.launch import MessageRef
from bot.models.scan import Scan
from bot.models.scan_diff import UNKNOWN_CHANGES, Changes, changes, take_snapshot
from bot.ports import Clock, NotInvited, Thread, Threads
from bot.scans.scanner import RegionScanner, RunningScan, ScanRequest
from bot.settings import Settings
from formatting import messages
from handlers.commands.parser import monitor_words, parse_monitor
from handlers.slack.ephemeral import error_text, reply_errors, respond_ephemeral
from handlers.slack.monitor_thread import MachineTypes, MonitorThread, MonitorThreadWriter, SlackOutput

# How long an unfinished thread counts as in progress, in any process.
IN_PROGRESS_WINDOW = timedelta(seconds=30)
# How long to wait for another process that claimed the command to post its thread, and the poll interval.
POSTING_SECONDS = 3.0
POLL_SECONDS = 0.2
# The first edit of a refresh waits this many seconds for diagnoses that are already stored.
STORED_DIAGNOSIS_SECONDS = 0.5

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Respond: TypeAlias = Callable[..., Awaitable[Any]]
Key: TypeAlias = tuple[str, ScanRequest]


class MonitorCommand:
    """Handles `/monitor` and its Refresh button."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        scanner: RegionScanner,
        output: SlackOutput,
        threads: Threads,
        machines: MachineTypes,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._scanner = scanner
        self._bot_name = output.bot_name
        self._threads = threads
        self._writer = MonitorThreadWriter(settings, clock, output, threads, machines)
        self._in_progress: dict[Key, asyncio.Future[MessageRef]] = {}
        self._refreshed: dict[MessageRef, float] = {}

    async def handle(self, ack: Ack, command: Mapping[str, Any], respond: Respond) -> None:
        """Handle one command. If the same scan is already running in the channel, link to its thread."""
        text = (command.get("text") or "").strip()
        if text == "help":
            message = messages.monitor_help()
            await ack(text=message.text, blocks=list(message.blocks), response_type="ephemeral")
            return
        try:
            request = parse_monitor(text, self._settings.regions, user_id=command["user_id"])
        except BadInput as mistake:
            await ack(text=messages.bad_input(str(mistake)).text, response_type="ephemeral")
            return
        await ack()
        try:
            await self._answer((command["channel_id"], request), monitor_words(text, request), respond)
        except StoreError as failure:
            await respond_ephemeral(respond, messages.store_error(str(failure)))
        except NotInvited:
            await respond_ephemeral(respond, messages.invite_me(self._bot_name, f"/monitor {text}".rstrip()))
        except ServiceError as error:
            await respond_ephemeral(respond, messages.not_done(error_text(error)))

    async def _answer(self, key: Key, text: str, respond: Respond) -> None:
        existing = await self._thread_in_progress(key)
        if existing is not None:
            await respond_ephemeral(respond, messages.scan_already_running(existing.url))
            return
        with self._mark_in_progress(key) as parent:
            writer = uuid4().hex
            other_thread = await self._claim_or_find_thread(key[0], text, writer)
            if other_thread is None:
                await self._write_and_release(writer, key, text, parent)
            else:
                parent.set_result(other_thread)
                await respond_ephemeral(respond, messages.scan_already_running(other_thread.url))

    async def _write_and_release(
        self, writer: str, key: Key, text: str, parent: asyncio.Future[MessageRef]
    ) -> None:
        """Write the thread, then release the claim. If the process dies, the claim expires."""
        try:
            await self._write(key, text, parent)
        except Exception:
            await self._release(writer, key[0], text)
            raise
        await self._release(writer, key[0], text)

    async def _release(self, writer: str, channel: str, text: str) -> None:
        with contextlib.suppress(StoreError):
            await self._threads.end(channel, text, writer=writer)

    async def _write(self, key: Key, text: str, parent: asyncio.Future[MessageRef]) -> None:
        channel, request = key
        running = self._scanner.join(request)
        first = await running.first()
        monitor_thread = await self._writer.open(channel, first, text)
        parent.set_result(monitor_thread.parent)
        try:
            await self._writer.remember(monitor_thread)
            await self._writer.show(monitor_thread, first)
            await self._follow(monitor_thread, running, first)
        finally:
            # Also after a Slack error: a refresh then posts only the missing replies.
            await self._finish(monitor_thread, running.snapshot())

    async def _follow(self, monitor_thread: MonitorThread, running: RunningScan, shown: Scan) -> None:
        """Edit the thread when all rows have arrived, and again when all diagnoses have."""
        if shown.asking:
            await self._writer.show(monitor_thread, await running.rows())
        await self._writer.show(monitor_thread, await running.diagnosed())
        await self._writer.attach_overflow(monitor_thread, running.snapshot())

    async def _finish(self, monitor_thread: MonitorThread, scan: Scan) -> None:
        monitor_thread.shown = take_snapshot(scan)
        await self._writer.remember(monitor_thread, finished=True)

    async def refresh(self, ack: Ack, body: Mapping[str, Any], respond: Respond) -> None:
        """Scan again and edit the same replies in place."""
        await ack()
        await reply_errors(respond, self._refresh(body, respond))

    async def _refresh(self, body: Mapping[str, Any], respond: Respond) -> None:
        parent = MessageRef(body["channel"]["id"], body["message"]["ts"])
        thread = await self._threads.find(parent)
        if thread is None:
            await respond_ephemeral(respond, messages.no_longer_known("thread"))
            return
        request = parse_monitor(thread.words, self._settings.regions, user_id=body["user"]["id"])
        key = (parent.channel, request)
        existing = await self._thread_in_progress(key) or (thread.parent if self._is_fresh(thread) else None)
        if existing is not None:
            await respond_ephemeral(respond, messages.scan_already_running(existing.url))
        elif not self._may_refresh(parent):
            await respond_ephemeral(respond, messages.refresh_too_soon())
        else:
            with self._mark_in_progress(key) as future:
                future.set_result(thread.parent)
                await self._rewrite(thread, request)

    async def _rewrite(self, thread: Thread, request: ScanRequest) -> None:
        """Edit the tables when all rows have arrived, and again when all diagnoses have.

        Until all rows have arrived only the parent message is edited, so that no shown rows disappear.
        """
        running = self._scanner.join(request)
        first = await running.first()
        monitor_thread = self._writer.reopen(thread, request.sections)
        try:
            await self._writer.remember(monitor_thread)
            if first.asking:
                self._writer.update_parent(monitor_thread, first)
                await running.rows()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STORED_DIAGNOSIS_SECONDS):
                    await running.diagnosed()
            since = _changes_since(thread, running.snapshot())
            await self._writer.show(monitor_thread, running.snapshot(), since)
            await self._writer.show(monitor_thread, await running.diagnosed(), since)
            await self._writer.attach_overflow(monitor_thread, running.snapshot())
        finally:
            await self._finish(monitor_thread, running.snapshot())

    async def _thread_in_progress(self, key: Key) -> MessageRef | None:
        """Return the thread to which this process is writing the same scan, once it is posted; else None."""
        while (in_progress := self._in_progress.get(key)) is not None:
            await asyncio.wait([in_progress])
            if not in_progress.cancelled():
                return in_progress.result()
        return None

    async def _claim_or_find_thread(self, channel: str, text: str, writer: str) -> MessageRef | None:
        """Claim the command. Return None, or the thread to which another process is writing the same scan.

        If another process has the claim but no thread yet, wait for the thread up to a time limit.
        """
        claim_time, began = self._clock.now(), self._clock.monotonic()
        timeout = self._settings.timing.scan_first + POSTING_SECONDS
        with contextlib.suppress(StoreError):
            while self._clock.monotonic() - began < timeout:
                thread = await self._threads.latest(channel, text)
                if thread is not None and (self._is_fresh(thread) or thread.started > claim_time):
                    return thread.parent
                now = self._clock.now()
                if await self._threads.begin(
                    channel, text, writer=writer, now=now, within=IN_PROGRESS_WINDOW
                ):
                    return None
                await asyncio.sleep(POLL_SECONDS)
        return None

    def _is_fresh(self, thread: Thread) -> bool:
        """Return True if the thread is unfinished and recent. Dead processes leave unfinished threads."""
        return thread.finished is None and self._clock.now() - thread.started < IN_PROGRESS_WINDOW

    @contextlib.contextmanager
    def _mark_in_progress(self, key: Key) -> Iterator[asyncio.Future[MessageRef]]:
        """Mark the scan as in progress in this process; yield the future of its parent message."""
        parent: asyncio.Future[MessageRef] = asyncio.get_running_loop().create_future()
        self._in_progress[key] = parent
        try:
            yield parent
        finally:
            del self._in_progress[key]
            parent.cancel()

    def _may_refresh(self, parent: MessageRef) -> bool:
        """Return True if the thread was not refreshed too recently, and record this refresh."""
        now, rest = self._clock.monotonic(), self._settings.timing.scan_cache_ttl
        self._refreshed = {ref: at for ref, at in self._refreshed.items() if now - at < rest}
        if parent in self._refreshed:
            return False
        self._refreshed[parent] = now
        return True


def _changes_since(thread: Thread, scan: Scan) -> Changes:
    return changes(thread.shown, scan) if thread.shown is not None else UNKNOWN_CHANGES
