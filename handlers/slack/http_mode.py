"""HTTP mode: receives signed requests from Slack. No request is parsed before its signature is verified."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.models.errors import BadInput
from bot.runtime.shutdown import BUDGETS, Phase, run_phase
from bot.settings import Secrets
from bot.settings.sections import Slack
from handlers.slack.http_server import HttpLimits, LimitedServer, Refusal, close_connection, read_body

PATH = "/slack/events"
# Handlers still running after this time are cancelled, so that their connections close cleanly.
ANSWER_SECONDS = BUDGETS[Phase.ACKS] - 0.5
# New connections wait in the kernel; were its queue short, it would drop Slack's among a burst of others.
QUEUED = 4096
# asyncio accepts so many before it reads from the others again, and opens a file for each.
ACCEPTED_AT_ONCE = 16
# Slack asks for nothing but a 200: https://docs.slack.dev/interactivity/implementing-slash-commands
SSL_CHECK = b"ssl_check=1"


@asynccontextmanager
async def listen_http(
    app: AsyncApp, slack: Slack, secret: Secrets, limits: HttpLimits | None = None
) -> AsyncIterator[str]:
    """Listen until the block ends, then wait for pending acks. Yield the request URL.

    Raise BadInput when the signing secret is missing, or the port is taken.
    """
    signing_secret = secret.slack_signing_secret.get_secret_value()
    if not signing_secret:
        raise BadInput(
            "SLACK_SIGNING_SECRET is not set. HTTP mode needs the app's signing secret, from its Basic "
            "Information page. Example: export SLACK_SIGNING_SECRET=..."
        )
    receiver = _Receiver(app, signing_secret, limits or HttpLimits())
    runner = web.ServerRunner(receiver.server, shutdown_timeout=ANSWER_SECONDS)
    await runner.setup()
    try:
        host, port = await _bind(runner, slack.http_host, slack.http_port)
        url = f"http://{host}:{port}{PATH}"
        structlog.get_logger("serve").info("listening", url=url)
        yield url
    finally:
        await run_phase(Phase.ACKS, runner.cleanup())


async def _bind(runner: web.ServerRunner, host: str, port: int) -> tuple[str, int]:
    """Start listening; return the host and port."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        listener = socket.create_server((host, port), family=found[0][0])
        await web.SockSite(runner, listener, backlog=ACCEPTED_AT_ONCE).start()
        # Again, as asyncio takes one number for both: how many it accepts at once, and how many may wait.
        listener.listen(QUEUED)
    except OSError as error:
        raise BadInput(
            f"{host}:{port} cannot be listened on: {error.strerror}. Set another http_host or http_port in "
            "[slack]. Example: http_port = 3001"
        ) from error
    address = runner.addresses[0]
    return str(address[0]), int(address[1])


class _Receiver:
    """Passes signed requests to Bolt and refuses all others."""

    def __init__(self, app: AsyncApp, signing_secret: str, limits: HttpLimits) -> None:
        self._app, self._limits = app, limits
        self._verifier = SignatureVerifier(signing_secret)
        self.server = LimitedServer(self._answer, limits)

    async def _answer(self, request: web.BaseRequest) -> web.Response:
        if request.path != PATH:
            return Refusal.NO_SUCH_PATH.response()
        if request.method != "POST":
            return Refusal.NOT_A_POST.response()
        body = await read_body(request, self._limits)
        answer = body if isinstance(body, Refusal) else await self._answer_body(request, body)
        if isinstance(answer, Refusal):
            answer.log()
            return answer.response()
        return close_connection(answer)

    async def _answer_body(self, request: web.BaseRequest, body: bytes) -> web.Response | Refusal:
        if not self._is_signed(request, body):
            return _ssl_check() if SSL_CHECK in body.split(b"&") else Refusal.UNSIGNED
        self.server.trust(request.protocol)
        try:
            # Without the query, which the signature does not cover.
            payload = AsyncBoltRequest(body=body.decode(), headers=request.headers)  # type: ignore[arg-type]  # as in Bolt's own adapter
        except Exception:  # noqa: BLE001 - Bolt's parser raises many types: JSON, its shape, its depth
            return Refusal.MALFORMED
        return await to_aiohttp_response(await self._app.async_dispatch(payload))

    def _is_signed(self, request: web.BaseRequest, body: bytes) -> bool:
        """Return True if Slack signed this body within the last five minutes."""
        try:
            return self._verifier.is_valid_request(body, request.headers)
        except (ArithmeticError, ValueError, TypeError):
            # The timestamp is no number or a huge one, the body is not UTF-8, or the signature is not ASCII.
            return False


def _ssl_check() -> web.Response:
    structlog.get_logger("http").info("ssl_check answered")
    return web.Response(text="ok\n")
