"""Adds members to channels: the member list, the join message and the page's list."""

from __future__ import annotations

from bot.sandbox.slack.directory import Channel
from bot.sandbox.slack.world import World


def join(world: World, channel: Channel, user: str, *, inviter: str = "") -> bool:
    """Add a user to a channel; return whether the user was not a member before."""
    if user in channel.members:
        return False
    channel.members.append(user)
    by = f" by invitation from <@{inviter}>" if inviter else ""
    world.messages.post(
        channel.id,
        {
            "type": "message",
            "subtype": "channel_join",
            "ts": world.stamps.mint(),
            "user": user,
            "team": world.directory.users[user]["team_id"],
            "text": f"<@{user}> has joined the channel{by}",
        },
    )
    world.screens.send({"type": "channel_join", "channel": channel.id, "user": user, "info": channel.shown()})
    return True
