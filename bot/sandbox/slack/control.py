"""The door for tests and the demo, over HTTP: POST /control with {"op": ..., ...}."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from aiohttp import web

from bot.sandbox.slack.acts import Acts
from bot.sandbox.slack.guard import refuse_foreign
from bot.sandbox.slack.wire import Json, RefusedError

BAD_REQUEST = 400


class Control:
    """Performs one operation per request on the workspace it is given."""

    def __init__(self, workspace: Acts) -> None:
        self._workspace = workspace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer with the operation's result, or 400 and one sentence about what was wrong."""
        refuse_foreign(request)
        if request.content_type != "application/json":
            # A form from a foreign page needs no permission of the browser; JSON does.
            return _wrong("Send JSON.")
        try:
            asked = json.loads(await request.text())
            operation = OPERATIONS.get(asked["op"])
            if operation is None:
                return _wrong(f"No op is called {asked['op']}. Known: {', '.join(OPERATIONS)}.")
            return web.json_response({"ok": True, **await operation(self._workspace, asked)})
        except (KeyError, TypeError, ValueError, RefusedError) as wrong:
            return _wrong(str(wrong.args[0]) if wrong.args else str(wrong))


def _wrong(sentence: str) -> web.Response:
    return web.json_response({"ok": False, "error": sentence}, status=BAD_REQUEST)


async def _type(workspace: Acts, asked: Json) -> Json:
    outcome = await workspace.type_text(
        asked["user"], asked["channel"], asked["text"], thread_ts=asked.get("thread_ts", "")
    )
    return outcome.as_json()


async def _press(workspace: Acts, asked: Json) -> Json:
    outcome = await workspace.press(
        asked["user"],
        asked["channel"],
        asked["action_id"],
        ts=asked.get("ts", ""),
        block_id=asked.get("block_id", ""),
        option=asked.get("option", ""),
    )
    return outcome.as_json()


async def _press_in_view(workspace: Acts, asked: Json) -> Json:
    outcome = await workspace.press_in_view(asked["user"], asked["action_id"], option=asked.get("option", ""))
    return outcome.as_json()


async def _submit(workspace: Acts, asked: Json) -> Json:
    return (await workspace.submit_view(asked["user"], asked["values"])).as_json()


async def _home(workspace: Acts, asked: Json) -> Json:
    return {"view": workspace.open_home(asked["user"])}


async def _join(workspace: Acts, asked: Json) -> Json:
    return {"joined": workspace.join(asked["user"], asked["channel"])}


async def _faults(workspace: Acts, asked: Json) -> Json:
    workspace.set_faults(**asked["set"])
    return {}


async def _state(workspace: Acts, _asked: Json) -> Json:
    return workspace.state()


async def _render(workspace: Acts, asked: Json) -> Json:
    return {"text": workspace.render_text(asked["channel"], reader=asked.get("user", ""))}


async def _bench(workspace: Acts, asked: Json) -> Json:
    result = await workspace.bench(
        int(asked["n"]),
        int(asked.get("concurrency", 1)),
        asked["command"],
        channel=asked.get("channel", "training"),
    )
    return result.as_json()


async def _disconnect(workspace: Acts, asked: Json) -> Json:
    await workspace.disconnect(asked.get("reason", "refresh_requested"), asked.get("close_after"))
    return {}


async def _abort(workspace: Acts, asked: Json) -> Json:
    workspace.abort_connections(asked.get("how_many"))
    return {}


async def _use_http(workspace: Acts, asked: Json) -> Json:
    await workspace.use_http(asked["request_url"])
    return {}


Operation = Callable[["Acts", Json], Awaitable[Json]]
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
