"""Resolvers of W&B's queries on the world."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError

from bot.sandbox.wandb.run_filters import in_order, matches, stamp
from bot.sandbox.world import queues
from bot.sandbox.world.names import run_storage_id
from bot.sandbox.world.state import SimQueue, SimQueueItem, SimRun
from bot.sandbox.world.world import World

LAUNCH_PROJECT = "model-registry"  # the project in which W&B Launch keeps its queues
PROJECT_NUMBER = "41204"
MAX_PAGE = 1_000

# Resolves a field, given the world, the parent object and the arguments.
Resolver = Callable[[World, Any, dict[str, Any]], Any]
T = TypeVar("T")


def run_view(world: World, run: SimRun) -> dict[str, Any]:
    """Return a run as the schema's `Run`; resolvers compute its config, summary and history."""
    project = run.project or world.wandb_project
    return {
        "sim": run,
        "id": run_storage_id(run.run_id, project, world.entity),
        "name": run.run_id,
        "displayName": run.name,
        "projectId": PROJECT_NUMBER,
        "state": run.state,
        "stopped": run.stop_requested,
        "readOnly": False,
        "createdAt": stamp(run.created),
        # A running run sends heartbeats, including one that was put there by a scenario.
        "heartbeatAt": stamp(world.now() if run.state == "running" else run.heartbeat),
        "tags": [],
        "user": {"id": "VXNlcjo3", "name": run.user.title(), "username": run.user},
        "historyLineCount": len(run.history),
        "logLineCount": 0,
        "eventsLineCount": 0,
        "historyTail": json.dumps([json.dumps(row) for row in run.history[-1:]]),
        "eventsTail": "[]",
        "systemMetrics": "{}",
    }


def queue_view(queue: SimQueue) -> dict[str, Any]:
    """Return a queue as the schema's `RunQueue`."""
    return {
        "sim": queue,
        "id": queue.queue_id,
        "name": queue.name,
        "createdBy": 7,
        "access": queue.access,
        "prioritizationMode": "DISABLED",
        "externalLinks": "{}",
        "defaultResourceConfigID": f"config:{queue.name}" if queue.resource_args else None,
    }


def item_view(item: SimQueueItem) -> dict[str, Any]:
    """Return a queue item as the schema's `RunQueueItem`."""
    return {
        "id": item.item_id,
        "state": item.state,
        "priority": 2,
        "runSpec": item.spec,
        "associatedRunId": item.associated_run_id or None,
        "createdAt": stamp(item.created),
        "updatedAt": stamp(item.leased_at or item.created),
        "error": {"message": item.error, "phase": "agent", "filePaths": []} if item.error else None,
        "warnings": [],
    }


def _viewer(world: World, _parent: Any, _args: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "VXNlcjo3",
        "name": "Launch Control",
        "username": "launch-control",
        "email": "launch-control@example.com",
        "admin": False,
        "flags": "{}",
        "entity": world.entity,
        "teams": {"edges": [{"node": {"id": "RW50aXR5OjM=", "name": world.entity, "isTeam": True}}]},
        "apiKeys": {"edges": []},
    }


def _entity(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any] | None:
    if args.get("name") != world.entity:
        return None
    return {
        "id": "RW50aXR5OjM=",
        "name": world.entity,
        "isTeam": True,
        "organization": {"id": "T3JnYW5pemF0aW9uOjE=", "name": world.entity, "coreWeaveOrganizationId": None},
    }


def _project(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any] | None:
    name = args.get("name")
    known = {
        world.wandb_project,
        LAUNCH_PROJECT,
        *(run.project for run in world.runs.values() if run.project),
    }
    if args.get("entityName") not in (None, world.entity) or name not in known:
        return None
    return {
        "id": f"UHJvamVjdDp2MTp7{name}",
        "internalId": PROJECT_NUMBER,
        "name": name,
        "entityName": world.entity,
        "entity": _entity(world, None, {"name": world.entity}),
        "readOnly": False,
    }


def _default_config(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any] | None:
    queue = world.queues.get(str(args["id"]).removeprefix("config:"))
    if queue is None:
        return None
    config = {"resource_args": queue.resource_args}
    return {"config": config, "resource": queue.resource, "templateVariables": []}


def _filtered_runs(world: World, project: dict[str, Any], args: dict[str, Any]) -> list[SimRun]:
    wanted = json.loads(args.get("filters") or "{}")
    runs = [run for run in world.runs.values() if (run.project or world.wandb_project) == project["name"]]
    return [run for run in runs if matches(run, wanted)]


def _runs(world: World, project: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    found = in_order(_filtered_runs(world, project, args), args.get("order"))
    page, offset = _page(found, args)
    edges = [
        {"node": run_view(world, run), "cursor": str(offset + position)}
        for position, run in enumerate(page, 1)
    ]
    return {"edges": edges, "pageInfo": _page_info(offset, len(page), len(found)), "totalCount": len(found)}


def _run(world: World, project: dict[str, Any], args: dict[str, Any]) -> dict[str, Any] | None:
    run = world.runs.get(args["name"])
    if run is None or (run.project or world.wandb_project) != project["name"]:
        return None
    return run_view(world, run)


def _queues(world: World, project: dict[str, Any], _args: dict[str, Any]) -> list[dict[str, Any]]:
    return [queue_view(queue) for queue in world.queues.values()] if project["name"] == LAUNCH_PROJECT else []


def _queue(world: World, project: dict[str, Any], args: dict[str, Any]) -> dict[str, Any] | None:
    queue = world.queues.get(args["name"])
    return queue_view(queue) if queue and project["name"] == LAUNCH_PROJECT else None


def _items(world: World, queue: dict[str, Any], args: dict[str, Any]) -> dict[str, Any]:
    found = queues.items_of(world, queue["name"])
    page, offset = _page(found, args)
    edges = [
        {"node": item_view(item), "cursor": str(offset + position)} for position, item in enumerate(page, 1)
    ]
    return {"edges": edges, "pageInfo": _page_info(offset, len(page), len(found))}


def _item(world: World, queue: dict[str, Any], args: dict[str, Any]) -> dict[str, Any] | None:
    items = queues.items_of(world, queue["name"])
    return next((item_view(item) for item in items if item.item_id == args["id"]), None)


def _page(found: Sequence[T], args: dict[str, Any]) -> tuple[Sequence[T], int]:
    cursor = args.get("after") or "0"
    if not str(cursor).isdigit():
        raise GraphQLError(f"invalid cursor: {cursor}")
    size = args.get("first")
    offset = int(cursor)
    return found[offset : offset + min(MAX_PAGE if size is None else int(size), MAX_PAGE)], offset


def _page_info(offset: int, size: int, total: int) -> dict[str, Any]:
    return {"endCursor": str(offset + size), "hasNextPage": offset + size < total}


def _config(_world: World, run: dict[str, Any], _args: dict[str, Any]) -> str:
    return json.dumps({key: {"value": value, "desc": None} for key, value in run["sim"].config.items()})


def _summary(_world: World, run: dict[str, Any], _args: dict[str, Any]) -> str:
    return json.dumps(run["sim"].summary)


def _history_keys(_world: World, run: dict[str, Any], _args: dict[str, Any]) -> dict[str, Any]:
    history: list[dict[str, float]] = run["sim"].history
    keys = {key for row in history for key in row}
    shown = {
        key: {"typeCounts": [{"type": "number", "count": len(history)}], "monotonic": False} for key in keys
    }
    return {"sets": [], "keys": shown, "lastStep": len(history) - 1}


def _history(_world: World, run: dict[str, Any], args: dict[str, Any]) -> list[str]:
    low, high = args.get("minStep") or 0, args.get("maxStep")
    rows = [
        row for row in run["sim"].history if row["_step"] >= low and (high is None or row["_step"] < high)
    ]
    return [json.dumps(row) for row in _sampled(rows, args.get("samples") or len(rows))]


def _sampled_history(
    _world: World, run: dict[str, Any], args: dict[str, Any]
) -> list[list[dict[str, float]]]:
    answers = []
    for text in args["specs"]:
        spec = json.loads(text)
        rows = [row for row in run["sim"].history if all(key in row for key in spec["keys"])]
        chosen = _sampled(rows, spec.get("samples") or len(rows))
        answers.append([{key: row[key] for key in spec["keys"]} for row in chosen])
    return answers


def _sampled(rows: list[dict[str, float]], count: int) -> list[dict[str, float]]:
    if len(rows) <= count:
        return rows
    return [rows[position * (len(rows) - 1) // max(count - 1, 1)] for position in range(count)]


def _parquet(_world: World, run: dict[str, Any], _args: dict[str, Any]) -> dict[str, Any]:
    return {"parquetUrls": [], "liveData": run["sim"].history}


def _agent(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    agent = world.agents.get(args["id"])
    if agent is None:
        raise GraphQLError(f"could not find launch agent {args['id']}")
    return {
        "id": agent.agent_id,
        "name": agent.name,
        "runQueues": list(agent.queue_ids),
        "hostname": agent.hostname,
        "agentStatus": agent.status,
        "stopPolling": agent.stop_polling,
        "heartbeatAt": stamp(agent.heartbeat),
    }


def _server_info(_world: World, _parent: Any, _args: dict[str, Any]) -> dict[str, Any]:
    return {"cliVersionInfo": {"max_cli_version": "0.31.0"}, "latestLocalVersionInfo": None, "features": []}


QUERIES: dict[tuple[str, str], Resolver] = {
    ("Query", "viewer"): _viewer,
    ("Query", "serverInfo"): _server_info,
    ("Query", "entity"): _entity,
    ("Query", "project"): _project,
    ("Query", "model"): _project,
    ("Query", "launchAgent"): _agent,
    ("Entity", "defaultResourceConfig"): _default_config,
    ("Project", "runCount"): lambda world, project, args: len(_filtered_runs(world, project, args)),
    ("Project", "runs"): _runs,
    ("Project", "run"): _run,
    ("Project", "bucket"): _run,
    ("Project", "runQueues"): _queues,
    ("Project", "runQueue"): _queue,
    ("RunQueue", "runQueueItems"): _items,
    ("RunQueue", "runQueueItem"): _item,
    ("Run", "project"): lambda world, run, _: _project(
        world, None, {"name": run["sim"].project or world.wandb_project}
    ),
    ("Run", "config"): _config,
    ("Run", "summaryMetrics"): _summary,
    ("Run", "historyKeys"): _history_keys,
    ("Run", "history"): _history,
    ("Run", "events"): lambda _world, _run, _args: [],
    ("Run", "sampledHistory"): _sampled_history,
    ("Run", "parquetHistory"): _parquet,
    ("Run", "wandbConfig"): lambda _world, _run, _args: "{}",
}
