"""Stores each user's modals, a stack of up to three, and App Home."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from bot.sandbox.slack.screens import Screens
from bot.sandbox.slack.settings import APP_ID, BOT_ID, TEAM_ID
from bot.sandbox.slack.validator import finish_blocks
from bot.sandbox.slack.wire import Json, RefusedError

STACK_LIMIT = 3


class Views:
    """Stores the open views of each user and sends them to the pages.

    Source of the limit: https://docs.slack.dev/reference/methods/views.push
    """

    def __init__(self, screens: Screens, now: Callable[[], float]) -> None:
        self._screens, self._now = screens, now
        self._by_id: dict[str, Json] = {}
        self._stacks: dict[str, list[str]] = {}
        self._homes: dict[str, Json] = {}

    def top(self, user: str) -> Json | None:
        """Return a user's topmost modal, or None."""
        stack = self._stacks.get(user)
        return self._by_id[stack[-1]] if stack else None

    def home(self, user: str) -> Json | None:
        """Return the App Home last published for a user, or None."""
        return self._homes.get(user)

    def find(self, view_id: str, external_id: str = "") -> Json:
        """Return a view by id or external id; raise RefusedError `not_found`."""
        for view in [*self._by_id.values(), *self._homes.values()]:
            if view["id"] == view_id or (external_id and view["external_id"] == external_id):
                return view
        raise RefusedError("not_found")

    def open(self, user: str, view: Json) -> Json:
        """Open a modal in place of all others of the user; return it as stored."""
        self.close_all(user, tell=False)
        return self._push(user, view, None)

    def push(self, user: str, view: Json) -> Json:
        """Push a modal on the stack; raise RefusedError `push_limit_reached` for the fourth."""
        below = self.top(user)
        if len(self._stacks.get(user, [])) >= STACK_LIMIT:
            raise RefusedError("push_limit_reached")
        return self._push(user, view, below)

    def update(self, old: Json, view: Json, expected_hash: str = "") -> Json:
        """Replace a view's content; raise RefusedError `hash_conflict` if it has changed since."""
        if old["type"] == "home":
            return self.publish(self.owner(old["id"]), view, expected_hash)
        if expected_hash and expected_hash != old["hash"]:
            raise RefusedError("hash_conflict")
        stored = self._stored(view) | {name: old[name] for name in ("id", "root_view_id", "previous_view_id")}
        self._by_id[old["id"]] = stored
        self._tell("view_update", self.owner(old["id"]), stored)
        return stored

    def publish(self, user: str, view: Json, expected_hash: str = "") -> Json:
        """Replace a user's App Home; raise RefusedError `hash_conflict` like `update`."""
        old = self._homes.get(user)
        if expected_hash and old is not None and expected_hash != old["hash"]:
            raise RefusedError("hash_conflict")
        stored = self._stored(view)
        if old is not None:
            stored |= {"id": old["id"], "root_view_id": old["id"]}
        self._homes[user] = stored
        self._screens.send({"type": "home", "user": user, "view": stored})
        return stored

    def close_top(self, user: str) -> None:
        """Close the topmost modal; the one below, if any, is shown again."""
        stack = self._stacks.get(user, [])
        if stack:
            self._by_id.pop(stack.pop(), None)
        below = self.top(user)
        if below is None:
            self._screens.send({"type": "view_close", "user": user})
        else:
            self._tell("view_update", user, below)

    def close_all(self, user: str, *, tell: bool = True) -> None:
        """Close all modals of a user."""
        for view_id in self._stacks.pop(user, []):
            self._by_id.pop(view_id, None)
        if tell:
            self._screens.send({"type": "view_close", "user": user})

    def owner(self, view_id: str) -> str:
        """Return the user of a view, or ""."""
        holders = [user for user, stack in self._stacks.items() if view_id in stack]
        holders += [user for user, view in self._homes.items() if view["id"] == view_id]
        return holders[0] if holders else ""

    def _push(self, user: str, view: Json, below: Json | None) -> Json:
        stored = self._stored(view)
        if below is not None:
            stored |= {"root_view_id": below["root_view_id"], "previous_view_id": below["id"]}
        self._by_id[stored["id"]] = stored
        self._stacks.setdefault(user, []).append(stored["id"])
        self._tell("view_open", user, stored)
        return stored

    def _stored(self, view: Json) -> Json:
        view_id = f"V{secrets.token_hex(5).upper()}"
        base: Json = {
            "id": view_id,
            "team_id": TEAM_ID,
            "app_id": APP_ID,
            "app_installed_team_id": TEAM_ID,
            "bot_id": BOT_ID,
            "hash": f"{int(self._now())}.{secrets.token_hex(4)}",
            "state": {"values": {}},
            "private_metadata": "",
            "callback_id": "",
            "external_id": "",
            "title": None,
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "root_view_id": view_id,
            "previous_view_id": None,
        }
        return base | view | {"blocks": finish_blocks(view["blocks"])}

    def _tell(self, kind: str, user: str, view: Json) -> None:
        self._screens.send({"type": kind, "user": user, "view": view})
