"""views.*: modals and the App Home.

Errors: https://docs.slack.dev/reference/methods/views.open
"""

from __future__ import annotations

from bot.sandbox.slack.arguments import Arguments
from bot.sandbox.slack.settings import BOT_USER
from bot.sandbox.slack.validator import check_view
from bot.sandbox.slack.wire import Json, RefusedError, invalid
from bot.sandbox.slack.world import World


def open_view(world: World, arguments: Arguments) -> Json:
    """Handle views.open: {view}; uses the trigger up."""
    view = _view(world, arguments)
    return {"view": world.views.open(world.triggers.spend(arguments.required("trigger_id")).user, view)}


def push_view(world: World, arguments: Arguments) -> Json:
    """Handle views.push: {view}; the trigger must come from a modal."""
    view = _view(world, arguments)
    spent = world.triggers.spend(arguments.required("trigger_id"))
    if not spent.from_view or world.views.top(spent.user) is None:
        raise RefusedError("not_found")
    return {"view": world.views.push(spent.user, view)}


def update_view(world: World, arguments: Arguments) -> Json:
    """Handle views.update: {view}, found by view_id or external_id."""
    old = world.views.find(arguments.optional("view_id"), arguments.optional("external_id"))
    return {
        "view": world.views.update(old, _view(world, arguments, kind=old["type"]), arguments.optional("hash"))
    }


def publish_view(world: World, arguments: Arguments) -> Json:
    """Handle views.publish: {view}, shown on the user's App Home from now on."""
    user = arguments.required("user_id")
    if user not in world.directory.users or user == BOT_USER:
        raise invalid("invalid_arguments", ["invalid `user_id`"])
    view = _view(world, arguments, kind="home")
    return {"view": world.views.publish(user, view, arguments.optional("hash"))}


def accept_view(world: World, view: Json) -> Json:
    """Return the validated view of a submission response."""
    check_view(
        view,
        refused=world.faults.refuse_blocks,
        ready_files=world.files.ready_names(world.base_url),
    )
    return view


def _view(world: World, arguments: Arguments, kind: str = "modal") -> Json:
    view = arguments.mapping("view", "invalid_arguments")
    if not view:
        raise invalid("invalid_arguments", ["missing required field: view"])
    if view.get("type") != kind:
        raise invalid("invalid_arguments", [f"must be a {kind} [json-pointer:/view/type]"])
    return accept_view(world, view)
