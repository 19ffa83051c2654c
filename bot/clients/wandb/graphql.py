"""GraphQL client for W&B, without the automatic retries of the SDK."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Any

import aiohttp
import stamina

from bot.clients.wandb.errors import failure, from_message, no_key, of_status, timed_out
from bot.models.errors import ProblemKind, ServiceError

# An outage lasts longer than two attempts.
TRIES = 2
LONGEST_PAUSE = 2.0


class GraphQL:
    """W&B's GraphQL endpoint, behind an API key. Every call raises ServiceError when it fails."""

    def __init__(self, base_url: str, api_key: str, *, first_pause: float) -> None:
        self._url = f"{base_url}/graphql"
        self._key = api_key
        self._first_pause = first_pause
        # A proxy cannot reach plain http addresses of this machine.
        self._trust_env = base_url.startswith("https://")
        self._reading: aiohttp.ClientSession | None = None
        self._changing: aiohttp.ClientSession | None = None

    async def read(self, query: str, variables: Mapping[str, object], *, deadline: float) -> Any:
        """Return the response's `data` within `deadline` seconds; retried once when W&B is unavailable."""
        self._reading = self._reading or self._session(force_close=False)
        data: Any = None
        try:
            async with asyncio.timeout(deadline):  # for all attempts together
                async for attempt in self._tries(deadline):
                    with attempt:
                        data = await self._post(self._reading, query, variables, deadline)
        except TimeoutError as error:
            raise timed_out(deadline) from error
        return data

    async def change(self, mutation: str, variables: Mapping[str, object], *, deadline: float) -> Any:
        """Return the response's `data`; sent exactly once, on a new connection."""
        # On a kept-alive connection closed by the server it is unknown whether a request arrived.
        self._changing = self._changing or self._session(force_close=True)
        return await self._post(self._changing, mutation, variables, deadline)

    async def close(self) -> None:
        """Close the connections."""
        for session in (self._reading, self._changing):
            if session is not None:
                await session.close()
        self._reading = self._changing = None

    def _tries(self, deadline: float) -> AsyncIterator[stamina.Attempt]:
        return aiter(
            stamina.retry_context(
                on=_is_unavailable,
                attempts=TRIES,
                timeout=deadline,
                wait_initial=self._first_pause,
                wait_max=LONGEST_PAUSE,
                wait_jitter=self._first_pause,
            )
        )

    def _session(self, *, force_close: bool) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=force_close), trust_env=self._trust_env
        )

    async def _post(
        self, session: aiohttp.ClientSession, query: str, variables: Mapping[str, object], deadline: float
    ) -> Any:
        if not self._key:
            raise no_key()
        try:
            async with session.post(
                self._url,
                json={"query": query, "variables": dict(variables)},
                headers={"Authorization": f"Basic {b64encode(f'api:{self._key}'.encode()).decode()}"},
                timeout=aiohttp.ClientTimeout(total=deadline),
                allow_redirects=False,
            ) as response:
                return _data(response, await response.text(errors="replace"))
        except TimeoutError as error:
            raise timed_out(deadline) from error
        except aiohttp.ClientConnectorError as error:
            raise failure(ProblemKind.UNAVAILABLE, "it cannot be reached", effectless=True) from error
        except aiohttp.ClientError as error:
            raise failure(ProblemKind.UNAVAILABLE, "the connection broke") from error


def _data(response: aiohttp.ClientResponse, text: str) -> Any:
    body = _parsed(text)
    words = _errors(body)
    if response.status != HTTPStatus.OK:
        raise ServiceError(of_status(response.status, words or text, response.headers))
    if words:
        raise ServiceError(from_message(words))
    if not isinstance(body, dict) or not isinstance(body.get("data"), dict):
        raise failure(ProblemKind.UNKNOWN, "its answer is not JSON")
    return body["data"]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _errors(body: Any) -> str:
    """Return the messages in the response's `errors` in one line; "" when there are none."""
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ""
    return "; ".join(str(error.get("message") if isinstance(error, dict) else error) for error in errors)


def _is_unavailable(error: Exception) -> bool:
    return isinstance(error, ServiceError) and error.problem.kind is ProblemKind.UNAVAILABLE
