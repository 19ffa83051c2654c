"""HTTP mode: signed POST requests to the app's request URL.

Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from urllib.parse import urlencode

import aiohttp

from bot.sandbox.slack.outcome import TIMEOUT, UNREACHABLE, Outcome, Retry
from bot.sandbox.slack.wire import Json
from bot.sandbox.slack.world import World

FORM = "application/x-www-form-urlencoded"
OK = 200


def signature(secret: str, body: str, at: int | None = None) -> dict[str, str]:
    """Return the signature headers of a body; `at` is in seconds since 1970, now by default."""
    stamp = str(int(time.time()) if at is None else at)
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


class HttpMode:
    """Sends payloads to one request URL."""

    def __init__(self, world: World, request_url: str) -> None:
        self._world, self._url = world, request_url
        timeout = aiohttp.ClientTimeout(total=world.settings.ack_seconds)
        self._session = aiohttp.ClientSession(timeout=timeout)

    async def send(self, kind: str, payload: Json, retry: Retry | None) -> Outcome:
        """POST one payload; any response but 200 in time is a failure."""
        body, content_type = _encoded(kind, payload)
        headers = {"Content-Type": content_type, **signature(self._world.settings.signing_secret, body)}
        if retry is not None:
            headers |= {"X-Slack-Retry-Num": str(retry.number), "X-Slack-Retry-Reason": retry.reason}
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, data=body.encode(), headers=headers) as answer:
                text = await answer.text()
        except TimeoutError:
            return Outcome(TIMEOUT, _since(started))
        except aiohttp.ClientError:
            return Outcome(UNREACHABLE, _since(started))
        stop = answer.headers.get("X-Slack-No-Retry") == "1"
        error = "" if answer.status == OK else UNREACHABLE
        return Outcome(error, _since(started), {} if error else _decoded(text), no_retry=stop)

    async def verify(self) -> bool:
        """Send Slack's URL verification challenge; return whether the response repeats it."""
        challenge = secrets.token_urlsafe(24)
        request = {"token": "sandbox-verification", "type": "url_verification", "challenge": challenge}
        outcome = await self.send("events_api", request, None)
        return outcome.ok and challenge in (outcome.response.get("challenge"), outcome.response.get("text"))

    async def close(self) -> None:
        """Close the HTTP client."""
        await self._session.close()


def _encoded(kind: str, payload: Json) -> tuple[str, str]:
    if kind == "slash_commands":
        return urlencode({name: str(value) for name, value in payload.items()}), FORM
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}), FORM
    return json.dumps(payload), "application/json"


def _decoded(text: str) -> Json:
    """Return a JSON object as it is; any other text becomes the `text` of a message."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except ValueError:
        return {"text": text}
    return value if isinstance(value, dict) else {"text": text}


def _since(started: float) -> float:
    return (time.perf_counter() - started) * 1_000
