"""Resolvers of W&B's mutations on the world."""

from __future__ import annotations

import json
from typing import Any

from graphql import GraphQLError

from bot.sandbox.wandb.queries import LAUNCH_PROJECT, Resolver, queue_view, run_view
from bot.sandbox.world import queues
from bot.sandbox.world.names import new_agent_name, new_suffix, run_of_storage_id
from bot.sandbox.world.state import SimAgent, SimQueue, SimRun
from bot.sandbox.world.world import World


def _queue_named(world: World, arguments: dict[str, Any]) -> SimQueue:
    queue = world.queues.get(arguments["queueName"])
    if arguments["entityName"] != world.entity or arguments["projectName"] != LAUNCH_PROJECT or queue is None:
        name = f"{arguments['entityName']}/{arguments['projectName']}/{arguments['queueName']}"
        raise GraphQLError(f"could not find run queue {name}")
    return queue


def _queue_by_id(world: World, queue_id: str) -> SimQueue:
    queue = next((queue for queue in world.queues.values() if queue.queue_id == queue_id), None)
    if queue is None:
        raise GraphQLError(f"could not find run queue {queue_id}")
    return queue


def _push(world: World, queue: SimQueue, text: str) -> dict[str, Any]:
    spec = json.loads(text)
    if not isinstance(spec, dict):
        raise GraphQLError("runSpec must be a JSON object")
    item = queues.push(world, queue, spec)
    return {"runQueueItemId": item.item_id, "runSpec": json.dumps(item.spec)}


def _push_by_name(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    return _push(world, _queue_named(world, args["input"]), args["input"]["runSpec"])


def _push_by_id(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    return _push(world, _queue_by_id(world, args["input"]["queueID"]), args["input"]["runSpec"])


def _delete(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    queue = _queue_by_id(world, args["input"]["queueID"])
    item_id = args["input"]["runQueueItemId"]
    there = any(item.item_id == item_id for item in queues.items_of(world, queue.name))
    return {"success": there and queues.remove(world, item_id)}


def _pop(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any] | None:
    queue = _queue_named(world, args["input"])
    item = queues.lease(world, queue.name, str(args["input"].get("launchAgentId") or "an agent"))
    return {"runQueueItemId": item.item_id, "runSpec": item.spec} if item else None


def _ack(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    arguments = args["input"]
    return {"success": queues.claim(world, arguments["runQueueItemId"], arguments["runName"])}


def _fail(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    arguments = args["input"]
    return {"success": queues.fail(world, arguments["runQueueItemId"], arguments["message"])}


def _warn(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    return {"success": args["input"]["runQueueItemId"] in world.items}


def _create_queue(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    arguments = args["input"]
    if arguments["queueName"] in world.queues:
        raise GraphQLError(f"run queue {arguments['queueName']} already exists")
    queue = SimQueue(
        f"UnVuUXVldWU6{new_suffix(6)}", arguments["queueName"], world.entity, access=arguments["access"]
    )
    world.queues[queue.name] = queue
    return {"success": True, "queueID": queue_view(queue)["id"]}


def _create_agent(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    arguments = args["input"]
    for queue_id in arguments["runQueues"]:
        _queue_by_id(world, queue_id)
    agent = SimAgent(
        agent_id=f"TGF1bmNoQWdlbnQ6{new_suffix(6)}",
        name=new_agent_name(),
        queue_ids=tuple(arguments["runQueues"]),
        hostname=arguments["hostname"],
        heartbeat=world.now(),
    )
    world.agents[agent.agent_id] = agent
    return {"success": True, "launchAgentId": agent.agent_id}


def _update_agent(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    agent = world.agents.get(args["input"]["launchAgentId"])
    if agent is None:
        return {"success": False}
    agent.status = args["input"].get("agentStatus") or agent.status
    agent.heartbeat = world.now()
    return {"success": True}


def _stop_run(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    run_id = run_of_storage_id(args["input"]["id"])
    if not world.stop_run(run_id):
        raise GraphQLError(f"could not find run with id {args['input']['id']}")
    return {"success": True}


def _upsert_run(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    arguments = args["input"]
    run_id = arguments.get("name") or run_of_storage_id(arguments.get("id") or "") or new_suffix(8)
    now = world.now()
    inserted = run_id not in world.runs
    run = world.runs.setdefault(
        run_id,
        SimRun(run_id, run_id, "running", world.entity, now, now, project=arguments.get("modelName") or ""),
    )
    run.name = arguments.get("displayName") or run.name
    run.state = arguments.get("state") or run.state
    run.heartbeat = now
    if config := json.loads(arguments.get("config") or "{}"):
        run.config = {key: value.get("value") for key, value in config.items() if isinstance(value, dict)}
    return {"bucket": run_view(world, run), "inserted": inserted}


def _create_files(world: World, _parent: Any, args: dict[str, Any]) -> dict[str, Any]:
    files = [
        {"name": name, "uploadUrl": f"{world.wandb_url}/sandbox/upload"} for name in args["input"]["files"]
    ]
    return {"runID": args["input"]["runName"], "uploadHeaders": [], "files": files}


MUTATIONS: dict[tuple[str, str], Resolver] = {
    ("Mutation", "pushToRunQueueByName"): _push_by_name,
    ("Mutation", "pushToRunQueue"): _push_by_id,
    ("Mutation", "deleteFromRunQueue"): _delete,
    ("Mutation", "popFromRunQueue"): _pop,
    ("Mutation", "ackRunQueueItem"): _ack,
    ("Mutation", "failRunQueueItem"): _fail,
    ("Mutation", "updateRunQueueItemWarning"): _warn,
    ("Mutation", "createRunQueue"): _create_queue,
    ("Mutation", "createLaunchAgent"): _create_agent,
    ("Mutation", "updateLaunchAgent"): _update_agent,
    ("Mutation", "stopRun"): _stop_run,
    ("Mutation", "upsertBucket"): _upsert_run,
    ("Mutation", "createRunFiles"): _create_files,
}
