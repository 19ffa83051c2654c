"""Listeners of buttons and selects: acknowledge, parse the value, call the service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from bot.launches.permissions import Refused
from bot.launches.requests import LaunchRequest
from bot.launches.service import LaunchService
from bot.models.scan import Section
from formatting import messages
from formatting.slack import action_ids
from handlers.actions.cancel_row import RowCanceller, RowRef
from handlers.actions.show_log import LogActions, LogRef
from handlers.slack.ephemeral import Respond, reply_errors, respond_ephemeral

Ack: TypeAlias = Callable[..., Awaitable[Any]]
Body: TypeAlias = Mapping[str, Any]


class Actions:
    """Handles the buttons of launch cards and the actions below tables."""

    def __init__(self, service: LaunchService, logs: LogActions, rows: RowCanceller) -> None:
        self._service = service
        self._logs = logs
        self._rows = rows

    async def cancel_launch(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Request the cancellation of a launch. The card shows the result."""
        await ack()
        user_id, user_name = user_of(body)
        cancelling = self._service.cancel(body["actions"][0]["value"], user_id=user_id, user_name=user_name)
        await reply_errors(respond, cancelling)

    async def relaunch(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Start a launch with the preset and overrides of an ended one, for the user who message_ts."""
        await ack()
        await reply_errors(respond, self._relaunch(body["actions"][0]["value"], body, respond))

    async def log_file(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Upload the whole log into the thread as a file."""
        await ack()
        log_ref = LogRef(*action_ids.split_ids(body["actions"][0]["value"])[:3])
        await reply_errors(respond, self._logs.attach(log_ref, *thread_of(body)), log_of=log_ref.row_id)

    async def log_context(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Show more or fewer lines around the cause."""
        await ack()
        *ids, lines = action_ids.split_ids(body["actions"][0]["value"])
        message_ts = body["container"]["message_ts"]
        await reply_errors(
            respond, self._logs.show_context(LogRef(*ids), int(lines), *thread_of(body), message_ts)
        )

    async def act(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Handle a choice under "Act on...": explain why a row failed, or ask previous cancelling it."""
        await ack()
        chosen = body["actions"][0]["selected_option"]
        verb, *ids = action_ids.split_ids(chosen["value"])
        if verb == "why":
            log_ref = LogRef(*ids)
            await reply_errors(respond, self._logs.explain(log_ref, *thread_of(body)), log_of=log_ref.row_id)
        else:
            name = chosen["text"]["text"].removeprefix("Cancel ")
            await reply_errors(respond, self._ask_to_cancel(_row(ids), name, body, respond))

    async def cancel_row(self, ack: Ack, body: Body, respond: Respond) -> None:
        """Cancel a row after its confirmation."""
        await ack()
        *ids, name = action_ids.split_ids(body["actions"][0]["value"])
        await reply_errors(respond, self._cancel_row(_row(ids), name, body, respond))

    async def _ask_to_cancel(self, row: RowRef, name: str, body: Body, respond: Respond) -> None:
        await self._rows.authorise(row, user_of(body)[0])
        value = action_ids.join_ids(row.section, row.region, row.row_id, name)
        await respond_ephemeral(respond, messages.confirm_cancel(name, value))

    async def _cancel_row(self, row: RowRef, name: str, body: Body, respond: Respond) -> None:
        user_id, user_name = user_of(body)
        await self._rows.cancel(row, user_id=user_id, user_name=user_name)
        await respond_ephemeral(respond, messages.cancelling_row(name), replace=True)

    async def _relaunch(self, launch_id: str, body: Body, respond: Respond) -> None:
        previous = await self._service.find(launch_id)
        user_id, user_name = user_of(body)
        request = LaunchRequest(
            trigger_id=body["trigger_id"],
            team_id=previous.team_id,
            channel_id=body["channel"]["id"],
            user_id=user_id,
            user_name=user_name,
            text=f"relaunch {launch_id}",
            preset=previous.preset,
            overrides=previous.overrides,
        )
        try:
            added = await self._service.submit(request)
        except Refused as refused:
            await respond_ephemeral(respond, messages.nothing_started(str(refused)))
            return
        if added.fresh:
            self._service.begin(added)
        else:
            card = added.launch.card
            await respond_ephemeral(respond, messages.already_launched(card.url if card else ""))


def user_of(body: Body) -> tuple[str, str]:
    """Return the id and name of the user. On Enterprise Grid the name may be missing, then the id is used."""
    user = body["user"]
    return user["id"], user.get("username") or user.get("name") or user["id"]


def thread_of(body: Body) -> tuple[str, str]:
    """Return the channel and thread of the message that was message_ts."""
    container = body["container"]
    return body["channel"]["id"], container.get("thread_ts") or container["message_ts"]


def _row(ids: list[str] | tuple[str, ...]) -> RowRef:
    section, region, row_id = ids[:3]
    return RowRef(Section(section), region, row_id)
