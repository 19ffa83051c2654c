"""/monitor: one scan, a verdict, six replies in its thread, edited as answers come."""

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

# How long a thread that was begun and not finished counts as being written, by whichever process.
WRITING = timedelta(seconds=30)
# How long another process that took the words first may need to post its thread; how often it is looked for.
POSTING_SECONDS = 3.0
LOOKING_SECONDS = 0.2
# Causes that are known already come with the rows if they come within this many seconds.
KNOWN_SECONDS = 0.5

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Respond: TypeAlias = Callable[..., Awaitable[Any]]
Key: TypeAlias = tuple[str, ScanRequest]


class MonitorCommand:
    """Answers `/monitor` and its Refresh button."""

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
        self._writing: dict[Key, asyncio.Future[MessageRef]] = {}
        self._refreshed: dict[MessageRef, float] = {}

    async def handle(self, ack: Ack, command: Mapping[str, Any], respond: Respond) -> None:
        """Handles one command; a second one with the same words gets the thread that is being written."""
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
        there = await self._being_written(key)
        if there is not None:
            await respond_ephemeral(respond, messages.scan_already_running(there.url))
            return
        with self._written(key) as parent:
            writer = uuid4().hex
            elsewhere = await self._written_elsewhere(key[0], text, writer)
            if elsewhere is None:
                await self._write_as(writer, key, text, parent)
            else:
                parent.set_result(elsewhere)
                await respond_ephemeral(respond, messages.scan_already_running(elsewhere.url))

    async def _write_as(self, writer: str, key: Key, text: str, parent: asyncio.Future[MessageRef]) -> None:
        """Write the thread and gives the words back; when the bot ends, the claim grows old by itself."""
        try:
            await self._write(key, text, parent)
        except Exception:
            await self._give_back(writer, key[0], text)
            raise
        await self._give_back(writer, key[0], text)

    async def _give_back(self, writer: str, channel: str, text: str) -> None:
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
            # Also when Slack failed half-way: a refresh then posts what is missing, and nothing twice.
            await self._finish(monitor_thread, running.snapshot())

    async def _follow(self, monitor_thread: MonitorThread, running: RunningScan, shown: Scan) -> None:
        """Edits the thread once when all rows are in, and once when the diagnoses are."""
        if shown.asking:
            await self._writer.show(monitor_thread, await running.rows())
        await self._writer.show(monitor_thread, await running.diagnosed())
        await self._writer.attach_overflow(monitor_thread, running.snapshot())

    async def _finish(self, monitor_thread: MonitorThread, scan: Scan) -> None:
        monitor_thread.shown = take_snapshot(scan)
        await self._writer.remember(monitor_thread, finished=True)

    async def refresh(self, ack: Ack, body: Mapping[str, Any], respond: Respond) -> None:
        """Scan again and edits the same replies in place."""
        await ack()
        await reply_errors(respond, self._refresh(body, respond))

    async def _refresh(self, body: Mapping[str, Any], respond: Respond) -> None:
        place = MessageRef(body["channel"]["id"], body["message"]["ts"])
        thread = await self._threads.find(place)
        if thread is None:
            await respond_ephemeral(respond, messages.no_longer_known("thread"))
            return
        request = parse_monitor(thread.words, self._settings.regions, user_id=body["user"]["id"])
        key = (place.channel, request)
        there = await self._being_written(key) or (thread.parent if self._is_fresh(thread) else None)
        if there is not None:
            await respond_ephemeral(respond, messages.scan_already_running(there.url))
        elif not self._rested(place):
            await respond_ephemeral(respond, messages.refresh_too_soon())
        else:
            with self._written(key) as parent:
                parent.set_result(thread.parent)
                await self._renew(thread, request)

    async def _renew(self, thread: Thread, request: ScanRequest) -> None:
        """The tables as soon as all rows are in, and once more when the causes are.

        An edit before all rows are in would take away rows that stand there: only the parent tells of it.
        """
        running = self._scanner.join(request)
        first = await running.first()
        monitor_thread = self._writer.again(thread, request.sections)
        try:
            await self._writer.remember(monitor_thread)
            if first.asking:
                self._writer.tell(monitor_thread, first)
                await running.rows()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KNOWN_SECONDS):
                    await running.diagnosed()
            since = _since(thread, running.snapshot())
            await self._writer.show(monitor_thread, running.snapshot(), since)
            await self._writer.show(monitor_thread, await running.diagnosed(), since)
            await self._writer.attach_overflow(monitor_thread, running.snapshot())
        finally:
            await self._finish(monitor_thread, running.snapshot())

    async def _being_written(self, key: Key) -> MessageRef | None:
        """Return the thread in which we write the answer to the same words now, once it is posted."""
        while (writing := self._writing.get(key)) is not None:
            await asyncio.wait([writing])
            if not writing.cancelled():
                return writing.result()
        return None

    async def _written_elsewhere(self, channel: str, text: str, writer: str) -> MessageRef | None:
        """Return the thread in which another process writes the answer to the same words now; None when we are to.

        Another process that has taken the words but posted nothing is waited for as long as it may take.
        """
        asked, began = self._clock.now(), self._clock.monotonic()
        patience = self._settings.timing.scan_first + POSTING_SECONDS
        with contextlib.suppress(StoreError):
            while self._clock.monotonic() - began < patience:
                thread = await self._threads.latest(channel, text)
                if thread is not None and (self._is_fresh(thread) or thread.started > asked):
                    return thread.parent
                now = self._clock.now()
                if await self._threads.begin(channel, text, writer=writer, now=now, within=WRITING):
                    return None
                await asyncio.sleep(LOOKING_SECONDS)
        return None

    def _is_fresh(self, thread: Thread) -> bool:
        """Whether it was begun lately and not finished: a process that died leaves such a thread too."""
        return thread.finished is None and self._clock.now() - thread.started < WRITING

    @contextlib.contextmanager
    def _written(self, key: Key) -> Iterator[asyncio.Future[MessageRef]]:
        """Take these words in this channel; whoever else types them waits to hear where the thread is."""
        parent: asyncio.Future[MessageRef] = asyncio.get_running_loop().create_future()
        self._writing[key] = parent
        try:
            yield parent
        finally:
            del self._writing[key]
            parent.cancel()

    def _rested(self, parent: MessageRef) -> bool:
        """Whether a thread's last refresh is long enough ago; notes this one."""
        now, rest = self._clock.monotonic(), self._settings.timing.scan_cache_ttl
        self._refreshed = {ref: at for ref, at in self._refreshed.items() if now - at < rest}
        if parent in self._refreshed:
            return False
        self._refreshed[parent] = now
        return True


def _since(thread: Thread, scan: Scan) -> Changes:
    return changes(thread.shown, scan) if thread.shown is not None else UNKNOWN_CHANGES
