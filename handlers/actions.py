"""Buttons and selects: acknowledge, parse the value, hand over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from bot.errors import BadInput, ServiceError, StoreError
from bot.launches.access import Refused
from bot.launches.desk import LaunchDesk
from bot.launches.requests import LaunchRequest
from formatting import actions, words
from formatting.message import Message
from handlers.logs import LogDesk, WhoseLog

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Respond: TypeAlias = Callable[..., Awaitable[Any]]
Body: TypeAlias = Mapping[str, Any]


class Actions:
    """What follows a press on a launch's card or under a table."""

    def __init__(self, desk: LaunchDesk, logs: LogDesk) -> None:
        self._desk = desk
        self._logs = logs

    async def cancel_launch(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Asks for the launch to be cancelled; the card then says what was done."""
        await ack()
        launch_id = body["actions"][0]["value"]
        await _answering(respond, self._cancel(launch_id, body))

    async def relaunch(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Launches again what an ended launch launched, for whoever pressed."""
        launch_id = body["actions"][0]["value"]
        await ack()
        await _answering(respond, self._relaunch(launch_id, body))

    async def log_file(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Puts the whole log into the thread as a file."""
        await ack()
        section, region, row_id, *_ = actions.split_ids(body["actions"][0]["value"])
        await _answering(respond, self._logs.attach(WhoseLog(section, region, row_id), *_place(body)))

    async def log_context(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Shows more, or fewer, of the lines around the cause."""
        await ack()
        section, region, row_id, lines = actions.split_ids(body["actions"][0]["value"])
        await _answering(
            respond,
            self._logs.show_context(
                WhoseLog(section, region, row_id), int(lines), *_place(body), body["container"]["message_ts"]
            ),
        )

    async def act(self, ack: Ack, body: Body, respond: Respond) -> None:
        """What was chosen under "Act on...": why a row failed, or to cancel it."""
        await ack()
        verb, section, region, row_id = actions.split_ids(body["actions"][0]["selected_option"]["value"])
        if verb == "why":
            await _answering(respond, self._logs.explain(WhoseLog(section, region, row_id), *_place(body)))
        else:
            await _answering(respond, self._cancel(row_id, body))

    async def _cancel(self, launch_id: str, body: Body) -> None:
        user = body["user"]
        await self._desk.cancel(launch_id, user_id=user["id"], user_name=user.get("username") or user["id"])

    async def _relaunch(self, launch_id: str, body: Body) -> None:
        before = await self._desk.find(launch_id)
        user = body["user"]
        request = LaunchRequest(
            trigger_id=body["trigger_id"],
            team_id=before.team_id,
            channel_id=body["channel"]["id"],
            user_id=user["id"],
            user_name=user.get("username") or user["id"],
            text=f"relaunch {launch_id}",
            preset=before.preset,
            overrides=before.overrides,
        )
        self._desk.begin(await self._desk.submit(request))


def _place(body: Body) -> tuple[str, str]:
    """Channel and thread of the message that was pressed."""
    container = body["container"]
    return body["channel"]["id"], container.get("thread_ts") or container["message_ts"]


async def _answering(respond: Respond, work: Awaitable[None]) -> None:
    """Does the work; what a person must know of it is said privately."""
    try:
        await work
    except (BadInput, Refused) as reason:
        await _private(respond, words.bad_input(str(reason)))
    except StoreError as failure:
        await _private(respond, words.store_trouble(str(failure)))
    except ServiceError as error:
        await _private(respond, words.log_unread("this row", error.problem.message))


async def _private(respond: Respond, message: Message) -> None:
    await respond(text=message.text, response_type="ephemeral", replace_original=False)
