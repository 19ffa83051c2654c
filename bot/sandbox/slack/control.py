"""HTTP control API for tests and the demo: POST /control with {"op": ..., ...}."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from aiohttp import web

from bot.sandbox.slack.guard import reject_foreign_origin
from bot.sandbox.slack.wire import Json, RefusedError
from bot.sandbox.slack.workspace_actions import WorkspaceActions

BAD_REQUEST = 400


class Control:
    """Performs one operation per request on a workspace."""

    def __init__(self, workspace: WorkspaceActions) -> None:
        self._workspace = workspace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Return the operation's result, or status 400 and one sentence about the error."""
        reject_foreign_origin(request)
        if request.content_type != "application/json":
            # A browser allows forms from other origins without permission, but not JSON.
            return _wrong("Send JSON.")
        try:
            body = json.loads(await request.text())
            operation = OPERATIONS.get(body["op"])
            if operation is None:
                return _wrong(f"No op is called {body['op']}. Known: {', '.join(OPERATIONS)}.")
            return web.json_response({"ok": True, **await operation(self._workspace, body)})
        except (KeyError, TypeError, ValueError, RefusedError) as wrong:
            return _wrong(str(wrong.args[0]) if wrong.args else str(wrong))


def _wrong(sentence: str) -> web.Response:
    return web.json_response({"ok": False, "error": sentence}, status=BAD_REQUEST)


async def _type(workspace: WorkspaceActions, request: Json) -> Json:
    outcome = await workspace.type_text(
        request["user"], request["channel"], request["text"], thread_ts=request.get("thread_ts", "")
    )
    return outcome.as_json()


async def _press(workspace: WorkspaceActions, request: Json) -> Json:
    outcome = await workspace.press(
        request["user"],
        request["channel"],
        request["action_id"],
        ts=request.get("ts", ""),
        block_id=request.get("block_id", ""),
        option=request.get("option", ""),
    )
    return outcome.as_json()


async def _press_in_view(workspace: WorkspaceActions, request: Json) -> Json:
    outcome = await workspace.press_in_view(
        request["user"], request["action_id"], option=request.get("option", "")
    )
    return outcome.as_json()


async def _submit(workspace: WorkspaceActions, request: Json) -> Json:
    return (await workspace.submit_view(request["user"], request["values"])).as_json()


async def _home(workspace: WorkspaceActions, request: Json) -> Json:
    return {"view": workspace.open_home(request["user"])}


async def _join(workspace: WorkspaceActions, request: Json) -> Json:
    return {"joined": workspace.join(request["user"], request["channel"])}


async def _faults(workspace: WorkspaceActions, request: Json) -> Json:
    workspace.set_faults(**request["set"])
    return {}


async def _state(workspace: WorkspaceActions, _request: Json) -> Json:
    return workspace.state()


async def _render(workspace: WorkspaceActions, request: Json) -> Json:
    return {"text": workspace.render_text(request["channel"], reader=request.get("user", ""))}


async def _bench(workspace: WorkspaceActions, request: Json) -> Json:
    result = await workspace.measure_acks(
        int(request["n"]),
        int(request.get("concurrency", 1)),
        request["command"],
        channel=request.get("channel", "training"),
    )
    return result.as_json()


async def _disconnect(workspace: WorkspaceActions, request: Json) -> Json:
    await workspace.disconnect(request.get("reason", "refresh_requested"), request.get("close_after"))
    return {}


async def _abort(workspace: WorkspaceActions, request: Json) -> Json:
    workspace.abort_connections(request.get("how_many"))
    return {}


async def _use_http(workspace: WorkspaceActions, request: Json) -> Json:
    await workspace.use_http(request["request_url"])
    return {}


Operation = Callable[["WorkspaceActions", Json], Awaitable[Json]]
OPERATIONS: Mapping[str, Operation] = MappingProxyType(
    {
        "type": _type,
        "press": _press,
        "press_in_view": _press_in_view,
        "submit": _submit,
        "home": _home,
        "join": _join,
        "faults": _faults,
        "state": _state,
        "render": _render,
        "bench": _bench,
        "disconnect": _disconnect,
        "abort": _abort,
        "use_http": _use_http,
    }
)
