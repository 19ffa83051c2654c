"""Submissions of modals, and the app's response actions."""

from __future__ import annotations

from dataclasses import replace

from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.methods.views import accept_view
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

TROUBLE = "We had some trouble connecting. Try again?"


class ViewSubmissions:
    """Handles response actions: https://docs.slack.dev/surfaces/modals (response_action)."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world, self._delivery = world, delivery
        self._payloads = Payloads(world)

    async def submit(self, user: str, view: Json, values: Json) -> Outcome:
        """Deliver a submission and apply the response; an invalid one shows Slack's error message."""
        payload = self._payloads.submission(user, view, values)
        outcome = await self._delivery.deliver("interactive", payload)
        error = outcome.error
        if outcome.ok:
            try:
                self._follow(user, view, outcome.response)
            except RefusedError as refused:
                error = refused.word
        if error:
            self._world.screens.send({"type": "view_error", "user": user, "error": TROUBLE})
            return replace(outcome, error=error, shown=TROUBLE)
        return outcome

    def _follow(self, user: str, view: Json, response: Json) -> None:
        action = response.get("response_action", "")
        views = self._world.views
        if action == "errors":
            self._errors(user, view, response.get("errors") or {})
        elif action == "update":
            views.update(view, accept_view(self._world, response.get("view") or {}))
        elif action == "push":
            views.push(user, accept_view(self._world, response.get("view") or {}))
        elif action == "clear":
            views.close_all(user)
        else:
            views.close_top(user)

    def _errors(self, user: str, view: Json, errors: Json) -> None:
        inputs = {block["block_id"] for block in view["blocks"] if block["type"] == "input"}
        if not errors or set(errors) - inputs:
            raise RefusedError("invalid_arguments")
        self._world.screens.send({"type": "view_errors", "user": user, "errors": errors})
