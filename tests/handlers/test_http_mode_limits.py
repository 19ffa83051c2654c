"""`serve --http` on a real socket: too large, slow, numerous or unsigned requests delay no others."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from bed import bot_on, brief, stage_on, write_in
from processes import child
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from bot.models.diagnosis import Category, Confidence, Diagnosis
from bot.models.errors import BadInput
from bot.models.scan import Section
from bot.sandbox.slack import signature
from bot.sandbox.slack.directory import TEAM_ID
from bot.settings.loader import load_secrets
from bot.settings.sections import Slack
from formatting.failure.blocks import MOST_LINES, failure_message
from formatting.failure.view import FailureView
from handlers.slack.http_mode import PATH, listen_http
from handlers.slack.http_server import HttpLimits

# How long a test waits at most for what must come.
PATIENCE = 20.0
NEVER = 600.0
# Stands in every refused request, and may stand in no line of the log.
MARK = "sentinel7f3a"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
COMMAND = urlencode({"command": "/ping", "team_id": "T1", "user_id": "U1", "channel_id": "C1", "text": "x"})
BIG = MARK.encode() * 90_000


@dataclass(slots=True)
class Wire:
    """One raw connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> tuple[int, str]:
        """The status and the body of the answer, once the server has closed the connection; 0 for none."""
        async with asyncio.timeout(PATIENCE):
            try:
                answered = await self.reader.read()
            except ConnectionResetError:
                return 0, ""
        head, _, body = answered.decode().partition("\r\n\r\n")
        return int(head.split()[1]) if head else 0, body


@asynccontextmanager
async def wire(url: str, sent: bytes = b"") -> AsyncIterator[Wire]:
    """A raw connection to the server, on which this much was sent."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(sent)
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def post(body: bytes, headers: dict[str, str], *, path: str = PATH, length: int | None = None) -> bytes:
    """A POST as bytes; `length` is what its header claims."""
    fields = {"Host": "bot", "Content-Length": str(len(body) if length is None else length), **headers}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def signed(secret: str, body: str, kind: dict[str, str]) -> bytes:
    """A POST with Slack's signature."""
    return post(body.encode(), {**kind, **signature(secret, body)})


@dataclass(slots=True)
class Bolt:
    """A Bolt app behind the server, whose one command is answered once `go` is set."""

    url: str
    secret: str
    go: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def ping(self) -> bytes:
        return signed(self.secret, COMMAND, FORM)


SECRETS = load_secrets({"SLACK_SIGNING_SECRET": "s3cret"})


async def _authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-1")


@asynccontextmanager
async def bolt(**limits: Any) -> AsyncIterator[Bolt]:
    """The real server with limits of the test's own, for everything that is about time and number."""
    app = AsyncApp(authorize=_authorize, signing_secret="s3cret", process_before_response=True)
    made = Bolt("", "s3cret")

    @app.command("/ping")
    async def ping(ack: Any) -> None:
        made.asked.set()
        await made.go.wait()
        await ack("pong")

    slow = {"header_seconds": NEVER, "body_seconds": NEVER}
    async with listen_http(app, Slack(http_port=0), SECRETS, HttpLimits(**{**slow, **limits})) as made.url:
        yield made


@pytest.mark.parametrize("sent", [b"", b"POST /slack/events HTTP/1.1\r\nHost: b"], ids=["silent", "half"])
async def test_a_connection_without_whole_headers_is_closed(sent: bytes) -> None:
    """Half-open connections cost a file each, and there are only so many."""
    async with bolt(header_seconds=0.2) as app, wire(app.url, sent) as line:
        assert (0, "") == await line.answer()


async def test_headers_that_come_byte_by_byte_are_cut_off_too() -> None:
    """A sender that stays busy is no better than one that is silent."""
    async with bolt(header_seconds=0.3) as app, wire(app.url, b"POST /slack/events HTTP/1.1\r\n") as line:

        async def drip() -> None:
            with contextlib.suppress(OSError):
                for _ in range(10_000):
                    line.writer.write(b"X")
                    await line.writer.drain()
                    await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        answer = await line.answer()
        dripping.cancel()

        assert (0, "") == answer


async def test_a_body_that_does_not_come_is_answered_and_closed() -> None:
    """The headers promised more than was sent."""
    async with bolt(body_seconds=0.2) as app, wire(app.url, post(b"half", FORM, length=400)) as line:
        assert (408, "The body did not come in time.\n") == await line.answer()


async def test_half_open_connections_cannot_keep_slack_out() -> None:
    """With every place taken, the oldest connection that has proved nothing makes room."""
    half = post(b"", FORM, length=len(COMMAND))
    async with bolt(untrusted=3) as app, contextlib.AsyncExitStack() as open_ones:
        app.go.set()
        lines = [await open_ones.enter_async_context(wire(app.url, half)) for _ in range(3)]
        async with wire(app.url, app.ping()) as slack:
            answer = await slack.answer()
        oldest = await lines[0].answer()
        for line in lines[1:]:
            line.writer.write(COMMAND.encode())
        others = [(await line.answer())[0] for line in lines[1:]]

    assert (200, "pong") == answer
    assert (0, "") == oldest
    assert [401, 401] == others


async def test_a_request_of_slack_s_under_way_keeps_its_place() -> None:
    """Strangers push each other out, never what is being answered."""
    async with bolt(untrusted=1) as app, wire(app.url, app.ping()) as slack:
        async with asyncio.timeout(PATIENCE):
            await app.asked.wait()
        async with wire(app.url) as first, wire(app.url):
            pushed_out = await first.answer()
        app.go.set()

        assert (0, "") == pushed_out
        assert (200, "pong") == await slack.answer()


async def test_an_ack_under_way_goes_out_at_the_end_and_half_open_connections_do_not_delay_it() -> None:
    """A deployment replaces the bot while somebody types, and while somebody else holds connections open."""
    async with contextlib.AsyncExitStack() as open_ones:
        async with bolt() as app:
            half = await open_ones.enter_async_context(wire(app.url, b"POST /slack"))
            slack = await open_ones.enter_async_context(wire(app.url, app.ping()))
            async with asyncio.timeout(PATIENCE):
                await app.asked.wait()
            asyncio.get_running_loop().call_later(0.2, app.go.set)
        answers = await slack.answer(), await half.answer()

    assert ((200, "pong"), (0, "")) == answers


async def test_a_taken_port_is_a_sentence() -> None:
    """The way out stands in it."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        app = AsyncApp(authorize=_authorize, signing_secret="s3cret")
        with pytest.raises(BadInput, match=f"127.0.0.1:{port} cannot be listened on.*http_port = 3001"):
            async with listen_http(app, Slack(http_port=port), SECRETS):
                pass


def _refusals(secret: str) -> dict[str, tuple[int, bytes]]:
    """Requests by their fault, each with the status that it must get."""
    form, broken = f"command=%2Flaunch&text={MARK}", f'{{"{MARK}": '
    now, good = str(int(time.time())), signature(secret, form)
    chunks = b"".join(b"8000\r\n" + BIG[:0x8000] + b"\r\n" for _ in range(9)) + b"0\r\n\r\n"
    squeezed = gzip.compress(BIG)
    return {
        "too large": (413, post(BIG, FORM)),
        "too large, its length unsaid": (413, _chunked(chunks)),
        "too large, although signed": (413, signed(secret, BIG.decode(), FORM)),
        "not signed": (401, post(form.encode(), FORM)),
        "no timestamp": (401, post(form.encode(), {**FORM, "X-Slack-Signature": good["X-Slack-Signature"]})),
        "timestamp of words": (401, post(form.encode(), {**FORM, **good, "X-Slack-Request-Timestamp": MARK})),
        "huge timestamp": (401, post(form.encode(), {**good, "X-Slack-Request-Timestamp": "9" * 400})),
        "endless timestamp": (401, post(form.encode(), {**good, "X-Slack-Request-Timestamp": "9" * 5_000})),
        "signature not ASCII": (
            401, post(form.encode(), {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": f"v0=é{MARK}"}),
        ),
        "other secret": (401, signed("other", form, FORM)),
        "other body": (401, post(f"{form}0".encode(), {**FORM, **good})),
        "six minutes old": (401, post(form.encode(), {**FORM, **signature(secret, form, int(now) - 360)})),
        "not UTF-8": (401, post(b"\xff\xfe" + form.encode(), {**FORM, **good})),
        "compressed": (401, post(squeezed, {**FORM, "Content-Encoding": "gzip"})),
        "malformed JSON, not signed": (401, post(broken.encode(), JSON)),
        "malformed JSON": (400, signed(secret, broken, JSON)),
        "malformed JSON in a form": (400, signed(secret, urlencode({"payload": broken}), FORM)),
        "a JSON list": (400, signed(secret, json.dumps([MARK]), JSON)),
        "deep JSON": (400, signed(secret, '{"a":' * 9_000 + f'"{MARK}"', JSON)),
        "a length that is no number": (400, post(b"", {"Content-Length": MARK})),
        "not HTTP": (400, f"{MARK} \x01\r\n\r\n".encode()),
    }  # fmt: skip


def _chunked(chunks: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n"
    return head.encode() + chunks


async def test_every_bad_request_gets_its_status_in_one_line_and_one_line_in_the_log() -> None:
    """A line of the log says why, and holds nothing that a stranger wrote; the bot works on."""
    async with stage_on(brief()) as (stage, folder):
        path = stage.write_settings(folder)
        write_in(path, "slack", http_port=0)
        words = ("serve", "--http", "--settings", str(path))
        async with child(*words, folder=folder, secrets=stage.environment()) as bot:
            log = await bot.says('"ready"')
            url = log.partition('"url": "')[2].partition('"')[0]
            requests = _refusals(stage.slack.signing_secret)
            answers: dict[str, tuple[int, str]] = {}
            for fault, (_, sent) in requests.items():
                async with wire(url, sent) as line:
                    answers[fault] = await line.answer()
            async with wire(url, post(f"ssl_check=1&token={MARK}".encode(), FORM)) as line:
                checked = await line.answer()
            await bot.says("ssl_check answered")
            await stage.slack.use_http(url)
            outcome = await stage.slack.type_text("alice", "#training", "/launch presets")
            log = bot.said()

    assert {fault: status for fault, (status, _) in requests.items()} == {
        fault: status for fault, (status, _) in answers.items()
    }
    assert [] == [said for _, said in answers.values() if said.count("\n") != 1 or MARK in said]
    assert (200, "ok\n") == checked
    assert outcome.ok
    lines = [json.loads(line) for line in log.splitlines()]
    refused = [line["status"] for line in lines if line["event"] == "request refused"]
    assert [status for status, _ in requests.values()] == refused
    assert [] == [line for line in log.splitlines() if MARK in line or "Traceback" in line or len(line) > 400]


@pytest.mark.parametrize(
    "line", ["学習に失敗しました " * 8, "█" * 60, "🔥" * 60], ids=["words", "bar", "emoji"]
)
def test_a_press_under_the_longest_log_that_we_post_is_not_too_large(line: str) -> None:
    """Slack sends the pressed message back, each of these characters as eight or sixteen bytes."""
    diagnosis = Diagnosis(
        has_error=True,
        category=Category.UNKNOWN,
        root_cause_index=400,
        summary=line,
        context=(line,) * 800,
        context_root=400,
        advice=line,
        confidence=Confidence.LOW,
    )
    view = FailureView(Section.JOBS, "us-central1", "1", (("job", line),), line, diagnosis)
    message = failure_message(view, lines=MOST_LINES)
    payload = {"type": "block_actions", "message": {"text": message.text, "blocks": message.blocks}}
    body = urlencode({"payload": json.dumps(payload)})

    assert 65_536 < len(body) < HttpLimits().body_bytes


async def test_other_paths_and_methods_are_told_so() -> None:
    """A health check or a browser is no attack: it gets an answer, and no line in the log."""
    async with bolt() as app:
        async with wire(app.url, post(b"", FORM, path="/")) as line:
            elsewhere = await line.answer()
        async with wire(app.url, f"GET {PATH} HTTP/1.1\r\nHost: bot\r\n\r\n".encode()) as line:
            read = await line.answer()

    assert ((404, "Nothing is here.\n"), (405, "Only POST is answered here.\n")) == (elsewhere, read)


async def test_a_payload_that_nobody_takes_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Bolt would write the payload down and suggest a listener for it."""
    caplog.set_level("INFO")
    press = {
        "type": "block_actions",
        "team": {"id": TEAM_ID},
        "user": {"id": "U1"},
        "actions": [{"type": "button", "action_id": MARK, "block_id": MARK, "value": MARK}],
    }
    async with bot_on(http=True) as bed:
        await bed.deliver("slash_commands", bed.command(f"/{MARK} {MARK}"))
        await bed.deliver("interactive", press)

    said = capsys.readouterr().out + caplog.text
    assert 2 == said.count("no listener takes this payload")
    assert MARK not in said
