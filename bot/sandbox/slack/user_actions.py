"""User actions in the workspace: send text, press, choose, submit, open the App Home, invite."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.block_actions import action_of, element_in, state_of
from bot.sandbox.slack.compose import content, from_bot
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.membership import join
from bot.sandbox.slack.messages import Message
from bot.sandbox.slack.outcome import Outcome
from bot.sandbox.slack.payloads import Payloads
from bot.sandbox.slack.settings import BOT_USER, SLACKBOT
from bot.sandbox.slack.view_submissions import ViewSubmissions
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.world import World

LOG = logging.getLogger(__name__)
THREAD_REFUSAL = "{} is not supported in threads. Sorry!"
UNKNOWN_COMMAND = (
    '{0} is not a valid command. In Slack, all messages that start with the "/" character are interpreted '
    "as commands."
)


class UserActions:
    """All user actions, for the page and the control API."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world, self._delivery = world, delivery
        self._payloads = Payloads(world)
        self._view_submissions = ViewSubmissions(world, delivery)

    async def type_text(self, user: str, channel: Channel, text: str, thread_ts: str = "") -> Outcome:
        """Send text from the composer: a message, or a command if it starts with "/".

        Raise ValueError if the user is not a member: Slack shows no composer there.
        """
        if user not in channel.members:
            raise ValueError(f"{user} is not a member of #{channel.config.name}.")
        if text.startswith("/"):
            return await self._command(user, channel, text, thread_ts)
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        escaped = escaped.replace(f"@{self._world.settings.bot_name}", f"<@{BOT_USER}>")
        body: Json = {
            "type": "message",
            "ts": self._world.stamps.mint(),
            "user": user,
            "team": self._world.directory.users[user]["team_id"],
            "text": escaped,
            "client_msg_id": self._world.stamps.mint(),
            **({"thread_ts": thread_ts} if thread_ts else {}),
        }
        self._world.messages.post(channel.id, body)
        if channel.has_bot:
            where = {"channel": channel.id, "event_ts": body["ts"]}
            kind = "group" if channel.config.is_private else "channel"
            self._delivery.event(body | where | {"channel_type": kind})
            if f"<@{BOT_USER}>" in escaped:
                self._delivery.event(body | where | {"type": "app_mention"})
        return Outcome()

    async def press(
        self, user: str, message: Message, block_id: str, action_id: str, chosen: Json
    ) -> Outcome:
        """Use an element of a message; `chosen` holds the selection, such as `selected_option`."""
        channel = self._world.directory.channels[message.channel]
        block, element = element_in(message.body.get("blocks", []), block_id, action_id)
        action = action_of(block, element, chosen, self._world.stamps.mint())
        state = state_of(message.body.get("blocks", []), action)
        payload = self._payloads.message_action(user, channel, message, action, state)
        return await self._pressed(user, action, await self._delivery.deliver("interactive", payload))

    async def press_in_view(
        self, user: str, view: Json, block_id: str, action_id: str, chosen: Json
    ) -> Outcome:
        """Use an element of a modal or of the App Home."""
        block, element = element_in(view["blocks"], block_id, action_id)
        action = action_of(block, element, chosen, self._world.stamps.mint())
        payload = self._payloads.view_action(user, view, action, state_of(view["blocks"], action))
        return await self._pressed(user, action, await self._delivery.deliver("interactive", payload))

    async def submit(self, user: str, view: Json, values: Json) -> Outcome:
        """Submit a modal with the values of its inputs: block_id to action_id to state."""
        return await self._view_submissions.submit(user, view, values)

    async def close_view(self, user: str) -> Outcome:
        """Close the topmost modal; the app is notified if it requested that."""
        view = self._world.views.top(user)
        if view is None:
            return Outcome()
        self._world.views.close_top(user)
        if not view["notify_on_close"]:
            return Outcome()
        return await self._delivery.deliver("interactive", self._payloads.closed(user, view))

    def open_home(self, user: str) -> None:
        """Open the App Home tab: show the published view and send the event to the app."""
        view = self._world.views.home(user)
        self._world.screens.send({"type": "home", "user": user, "view": view})
        event: Json = {"type": "app_home_opened", "user": user, "channel": f"D{user[1:]}", "tab": "home"}
        event["event_ts"] = self._world.stamps.mint()
        self._delivery.event(event | ({"view": view} if view else {}))

    def join(self, user: str, channel: Channel, *, inviter: str = "") -> bool:
        """Add a user to a channel; return whether the user is new. The app may receive an event."""
        joined = join(self._world, channel, user, inviter=inviter)
        if joined and channel.has_bot:
            event: Json = {
                "type": "member_joined_channel",
                "user": user,
                "channel": channel.id,
                "team": self._world.directory.users[user]["team_id"],
            }
            event |= {"channel_type": "G" if channel.config.is_private else "C"}
            self._delivery.event(event | {"event_ts": self._world.stamps.mint()})
        return joined

    async def _command(self, user: str, channel: Channel, text: str, thread_ts: str) -> Outcome:
        command, _, rest = text.partition(" ")
        if thread_ts:
            return self._note(user, channel, THREAD_REFUSAL.format(command), thread_ts)
        if command == "/invite":
            return self._invite(user, channel, rest.strip())
        if not self._is_command(command):
            return self._note(user, channel, UNKNOWN_COMMAND.format(command))
        payload = self._payloads.command(user, channel, command, rest.strip())
        outcome = await self._delivery.deliver("slash_commands", payload)
        if not outcome.ok:
            note = self._note(user, channel, f'{command} failed with the error "{outcome.error}"')
            return replace(outcome, shown=note.shown)
        if outcome.response:
            self._answer(user, channel, outcome.response)
        return outcome

    def _is_command(self, command: str) -> bool:
        settings = self._world.settings
        known = {one.name for one in settings.commands}
        return "commands" in settings.scopes and (not known or command in known)

    def _invite(self, user: str, channel: Channel, who: str) -> Outcome:
        try:
            guest = self._world.directory.user_id(who)
        except KeyError as nobody:
            return self._note(user, channel, str(nobody.args[0]))
        self.join(guest, channel, inviter=user)
        return Outcome()

    def _answer(self, user: str, channel: Channel, response: Json) -> None:
        """Show the message in an ack; an invalid one is not shown."""
        arguments = Arguments(response, self._world.settings.scopes)
        try:
            body = from_bot(self._world, content(self._world, arguments, count_characters=False))
        except RefusedError as refused:
            LOG.warning(
                "The message in an ack was dropped: %s %s", refused.word, refused.extra.get("errors", "")
            )
            return
        if arguments.optional("response_type") == "in_channel":
            self._world.messages.post(channel.id, body)
        else:
            self._world.messages.post_ephemeral(channel.id, user, body)

    async def _pressed(self, user: str, action: Json, outcome: Outcome) -> Outcome:
        self._world.screens.send(
            {
                "type": "action_done",
                "user": user,
                "ok": outcome.ok,
                "error": outcome.error,
                "action_id": action["action_id"],
                "block_id": action["block_id"],
            }
        )
        return outcome

    def _note(self, user: str, channel: Channel, text: str, thread_ts: str = "") -> Outcome:
        """Show a message from Slackbot to one user."""
        body: Json = {"type": "message", "ts": self._world.stamps.mint(), "user": SLACKBOT, "text": text}
        self._world.messages.post_ephemeral(
            channel.id, user, body | ({"thread_ts": thread_ts} if thread_ts else {})
        )
        return Outcome(shown=text)
