"""/monitor: one scan, a verdict, six replies in its thread, edited as answers come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeAlias

import structlog

from bot.clients.slack import Outbox, SlackClient
from bot.clients.slack.outbox import Edit
from bot.errors import BadInput, ServiceError, StoreError
from bot.models.changes import Changes, changes
from bot.models.launch import MessageRef
from bot.models.scan import Scan, Section
from bot.ports import Clock, NotInvited, Thread, Threads
from bot.region_scanner import RegionScanner, RunningScan, ScanRequest
from bot.settings import Settings
from formatting import words
from formatting.message import Message
from formatting.monitor import verdict
from formatting.sections import section_message
from formatting.table import to_csv
from formatting.table_blocks import Style
from formatting.tables import tables
from handlers.machines import Machines
from handlers.parsing import monitor_words, parse_monitor
from handlers.private import answering, in_words, private
from handlers.speaker import Speaker

# Threads that are likely to be refreshed; a scan of many rows takes about a megabyte.
KEPT_SCANS = 20

Ack: TypeAlias = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Voice:
    """How a command speaks: at once, through fallbacks, or in its turn."""

    slack: SlackClient
    speaker: Speaker
    outbox: Outbox
    bot_name: str


@dataclass(slots=True)
class Board:
    """A monitor thread as it now stands in Slack."""

    parent: MessageRef
    said: Message
    replies: dict[Section, tuple[MessageRef, Message]] = field(default_factory=dict)


class MonitorCommand:
    """Answers `/monitor` and its Refresh button."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        scanner: RegionScanner,
        voice: Voice,
        threads: Threads,
        machines: Machines,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._scanner = scanner
        self._slack = voice.slack
        self._speaker = voice.speaker
        self._outbox = voice.outbox
        self._bot_name = voice.bot_name
        project = settings.google.project
        self._console = f"https://console.cloud.google.com/vertex-ai/training/custom-jobs?project={project}"
        self._threads = threads
        self._machines = machines
        self._log = structlog.get_logger("monitor")
        self._boards: dict[tuple[str, ScanRequest], Board] = {}
        self._refreshed: dict[MessageRef, float] = {}
        self._last: dict[MessageRef, Scan] = {}

    async def handle(
        self, ack: Ack, command: Mapping[str, Any], respond: Callable[..., Awaitable[Any]]
    ) -> None:
        """Handles one command; a second one with the same words gets the thread that is being written."""
        text = (command.get("text") or "").strip()
        if text == "help":
            message = words.monitor_help()
            await ack(text=message.text, blocks=list(message.blocks), response_type="ephemeral")
            return
        try:
            request = parse_monitor(text, self._settings.regions, user_id=command["user_id"])
        except BadInput as mistake:
            await ack(text=words.bad_input(str(mistake)).text, response_type="ephemeral")
            return
        await ack()
        channel = command["channel_id"]
        board = self._boards.get((channel, request))
        if board is not None:
            await private(respond, words.already_looking(board.parent.url))
            return
        try:
            await self._answer(channel, request, monitor_words(text, request))
        except StoreError as failure:
            await private(respond, words.store_trouble(str(failure)))
        except NotInvited:
            await private(respond, words.invite_me(self._bot_name, f"/monitor {text}".rstrip()))
        except ServiceError as error:
            await private(respond, words.not_done(in_words(error)))

    async def _answer(self, channel: str, request: ScanRequest, text: str) -> None:
        running = self._scanner.join(request)
        key = (channel, request)
        first = await running.first()
        said = verdict(first, first.started, console_url=self._console)
        parent = await self._speaker.post(channel, said)
        board = Board(await self._linked(parent), said)
        self._boards[key] = board
        try:
            await self._remember(board, text, request)
            await self._show(board, first)
            await self._remember(board, text, request)
            await self._follow(board, running, first)
        finally:
            del self._boards[key]
        await self._remember(board, text, request, finished=self._clock.now())

    async def _follow(self, board: Board, running: RunningScan, shown: Scan) -> None:
        """Edits the thread once when all rows are in, and once when the diagnoses are."""
        if shown.asking:
            await self._show(board, await running.rows())
        await self._show(board, await running.diagnosed())
        self._keep(board.parent, running.snapshot())
        await self._attach_overflow(board, running.snapshot())

    async def refresh(
        self, ack: Ack, body: Mapping[str, Any], respond: Callable[..., Awaitable[Any]]
    ) -> None:
        """Scans again and edits the same replies in place."""
        await ack()
        await answering(respond, self._refresh(body, respond))

    async def _refresh(self, body: Mapping[str, Any], respond: Callable[..., Awaitable[Any]]) -> None:
        parent = MessageRef(body["channel"]["id"], body["message"]["ts"])
        thread = await self._threads.find(parent)
        if thread is None:
            await private(respond, words.gone("thread"))
            return
        request = parse_monitor(thread.words, self._settings.regions, user_id=body["user"]["id"])
        key = (parent.channel, request)
        if key in self._boards:
            await private(respond, words.already_looking(self._boards[key].parent.url))
            return
        if not self._rested(parent):
            await private(respond, words.too_soon())
            return
        board = self._board_of(thread, request)
        self._boards[key] = board
        try:
            # Once, when all is known: an edit in between would take diagnoses away that stand there.
            scan = await self._scanner.join(request).diagnosed()
            before = self._last.get(parent)
            await self._show(board, scan, changes(before, scan) if before else None)
            self._keep(parent, scan)
        finally:
            del self._boards[key]
        await self._remember(board, thread.words, request, finished=self._clock.now())

    def _keep(self, parent: MessageRef, scan: Scan) -> None:
        """Keeps the scan that a thread shows, to tell after a refresh what has changed; the oldest go."""
        key = replace(parent, url="")
        self._last.pop(key, None)
        self._last[key] = scan
        while len(self._last) > KEPT_SCANS:
            del self._last[next(iter(self._last))]

    def _rested(self, parent: MessageRef) -> bool:
        """Whether a thread's last refresh is long enough ago; notes this one."""
        now, rest = self._clock.monotonic(), self._settings.timing.scan_share
        self._refreshed = {ref: at for ref, at in self._refreshed.items() if now - at < rest}
        if parent in self._refreshed:
            return False
        self._refreshed[parent] = now
        return True

    def _board_of(self, thread: Thread, request: ScanRequest) -> Board:
        empty = Message("", ())
        refs = (MessageRef(thread.parent.channel, ts) for ts in thread.replies)
        return Board(
            thread.parent,
            empty,
            {section: (ref, empty) for section, ref in zip(request.sections, refs, strict=False)},
        )

    async def _show(self, board: Board, scan: Scan, since: Changes | None = None) -> None:
        """Brings the thread up to date: replies that it lacks are posted, those with news edited."""
        said = verdict(scan, scan.started, console_url=self._console, since=since)
        if said != board.said:
            board.said = said
            self._owe(board.parent, said)
        for section, message in (await self._render(scan)).items():
            ref, before = board.replies.get(section, (None, None))
            if ref is None:
                ref = await self._speaker.post(board.parent.channel, message, thread_ts=board.parent.ts)
            elif message != before:
                self._owe(ref, message)
            board.replies[section] = (ref, message)

    async def _render(self, scan: Scan) -> dict[Section, Message]:
        """Each section's reply, made beside the loop: thousands of rows take long enough to hold up acks."""
        # Ages count from the scan's start, so that a table without news is the same message again.
        now = scan.started
        machines = await self._machines.of(scan)
        style = Style(self._settings.slack.tables)
        return await asyncio.to_thread(
            lambda: {
                table.section: section_message(table, scan, style) for table in tables(scan, now, machines)
            }
        )

    def _owe(self, ref: MessageRef, message: Message) -> None:
        async def send() -> None:
            await self._speaker.update(ref.channel, ref.ts, message)

        self._outbox.offer(Edit(channel=ref.channel, ts=ref.ts, send=send, owed=True))

    async def _attach_overflow(self, board: Board, scan: Scan) -> None:
        """Rows that no message can hold go into a file."""
        now = self._clock.now()
        for table in tables(scan, now, await self._machines.of(scan)):
            if table.overflow:
                await self._slack.upload(
                    board.parent.channel,
                    board.parent.ts,
                    filename=f"{table.section}.csv",
                    title=table.heading,
                    content=to_csv(table),
                )

    async def _linked(self, ref: MessageRef) -> MessageRef:
        try:
            return replace(ref, url=await self._slack.permalink(ref.channel, ref.ts))
        except ServiceError:
            return ref

    async def _remember(
        self, board: Board, text: str, request: ScanRequest, finished: datetime | None = None
    ) -> None:
        replies = tuple(
            board.replies[section][0].ts for section in request.sections if section in board.replies
        )
        thread = Thread(
            parent=board.parent, words=text, started=self._clock.now(), replies=replies, finished=finished
        )
        try:
            await self._threads.remember(thread)
        except StoreError as error:
            self._log.warning("a thread could not be remembered", reason=str(error))
