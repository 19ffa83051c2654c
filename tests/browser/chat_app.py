"""A small Slack app for the page to talk to."""

from __future__ import annotations

import re
from typing import Any

from catalogue import FORM, Json, folded, marked
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack import SlackWorkspace


class Bot:
    """A small app on the workspace; `took` is every press and choice it heard of, as (action_id, value)."""

    def __init__(self, workspace: SlackWorkspace) -> None:
        self.client = AsyncWebClient(workspace.bot_token, base_url=workspace.api_url)
        self.app = AsyncApp(client=self.client, signing_secret=workspace.signing_secret)
        self.took: list[tuple[str, str]] = []
        self.app.command("/launch")(self._launch)
        self.app.command("/monitor")(self._monitor)
        self.app.action(re.compile(".*"))(self._action)
        self.app.view("")(self._submitted)

    async def post(self, blocks: list[Json], **more: Any) -> str:
        answer = await self.client.chat_postMessage(
            channel="C0TRAINING", text="a card", blocks=blocks, **more
        )
        return str(answer["ts"])

    async def _launch(self, ack: Any, command: Json) -> None:
        await ack()
        await self.client.chat_postMessage(channel=command["channel_id"], text=f"launching {command['text']}")

    async def _monitor(self, ack: Any) -> None:
        await ack(text="Only you should read this.")

    async def _action(self, ack: Any, body: Json, action: Json) -> None:
        await ack()
        chosen = action.get("selected_option", {}).get("value", "")
        self.took.append((action["action_id"], chosen))
        if action["action_id"] == "form":
            await self.client.views_open(trigger_id=body["trigger_id"], view=FORM)
        if action["action_id"] == "retry":
            blocks = [folded({"type": "section", "text": marked("edited"), "block_id": "new"})]
            await self.client.chat_update(
                channel="C0TRAINING", ts=body["message"]["ts"], text="x", blocks=blocks
            )

    async def _submitted(self, ack: Any, view: Json) -> None:
        count = view["state"]["values"]["workers"]["count"]["value"]
        self.took.append(("submitted", count))
        await (
            ack() if count.isdigit() else ack(response_action="errors", errors={"workers": "Give a number."})
        )
