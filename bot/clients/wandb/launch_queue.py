"""Client of the W&B Launch queue: add an item once, list the items, remove one.

The SDK's function can add an item twice: it retries a mutation when the response is lost.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bot.clients.wandb.converters import item_of
from bot.clients.wandb.errors import failure, timed_out
from bot.clients.wandb.graphql import GraphQL
from bot.models.cloud import QueueItem
from bot.models.errors import ProblemKind, ServiceError
from bot.ports import NewItem
from bot.settings import Wandb as WandbSettings

LAUNCH_PROJECT = (
    "model-registry"  # the project in which W&B Launch keeps its queues, whatever project the runs are in
)
# The resource type of queues whose agent creates custom jobs; see wandb.sdk.launch.loader.
RESOURCE = "gcp-vertex"
PAGE = 100
MAX_PAGES = 20  # failed items stay in a queue, so the search is limited

PUSH = """
mutation PushToRunQueueByName($entity: String!, $project: String!, $queue: String!, $spec: JSONString!) {
  pushToRunQueueByName(
    input: {entityName: $entity, projectName: $project, queueName: $queue, runSpec: $spec}
  ) { runQueueItemId }
}"""
ITEMS = """
query RunQueueItems($entity: String!, $project: String!, $queue: String!, $first: Int, $after: String) {
  project(entityName: $entity, name: $project) {
    runQueue(name: $queue) {
      id
      runQueueItems(first: $first, after: $after) {
        edges { node { id state runSpec associatedRunId %s } }
        pageInfo { endCursor hasNextPage }
      }
    }
  }
}"""
# Fields that the SDK never requests; older servers that do not know them are queried without.
EXTRAS = "createdAt error { message }"

QUEUE = """
query RunQueue($entity: String!, $project: String!, $queue: String!) {
  project(entityName: $entity, name: $project) { runQueue(name: $queue) { id } }
}"""
DELETE = """
mutation DeleteFromRunQueue($queue: ID!, $item: ID!) {
  deleteFromRunQueue(input: {queueID: $queue, runQueueItemId: $item}) { success }
}"""
STOP = """
mutation StopRun($run: ID!) {
  stopRun(input: {id: $run}) { success }
}"""


class Queues:
    """The queues of one entity. `call_seconds` is the default deadline."""

    def __init__(self, graphql: GraphQL, settings: WandbSettings, *, call_seconds: float) -> None:
        self._graphql = graphql
        self._settings = settings
        self._call = call_seconds
        self._extras = EXTRAS

    async def enqueue(self, item: NewItem) -> str:
        """Add an item with one request that is never retried; return its id.

        Raise ServiceError; only if its problem is `effectless` is it certain that nothing was queued.
        """
        variables = {**self._queue_variables(item.queue), "spec": json.dumps(self._spec(item))}
        data = await self._graphql.change(PUSH, variables, deadline=self._call)
        item_id = (data.get("pushToRunQueueByName") or {}).get("runQueueItemId")
        if not item_id:
            raise failure(ProblemKind.UNKNOWN, "it took the launch without naming a queue item")
        return str(item_id)

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        """Return the items of a queue that are not done, including failed ones."""
        try:
            async with asyncio.timeout(deadline):  # for all pages together
                nodes = [node async for node in self._nodes(queue, deadline)]
                # In a thread: failed items stay in the queue, each with an error text of any length.
                return await asyncio.to_thread(_items, nodes, queue)
        except TimeoutError as error:
            raise timed_out(deadline) from error

    async def remove_item(self, item_id: str, queue: str) -> bool:
        """Remove an item; False when it was no longer there."""
        found = await self._graphql.read(QUEUE, self._queue_variables(queue), deadline=self._call)
        variables = {"queue": self._queue(found, queue)["id"], "item": item_id}
        try:
            data = await self._graphql.change(DELETE, variables, deadline=self._call)
        except ServiceError as error:
            if error.problem.kind is ProblemKind.NOT_FOUND:
                return False
            raise
        return bool((data.get("deleteFromRunQueue") or {}).get("success"))

    async def stop_run(self, storage_id: str) -> bool:
        """Ask W&B to stop the run with this storage id; False when it declines."""
        data = await self._graphql.change(STOP, {"run": storage_id}, deadline=self._call)
        return bool((data.get("stopRun") or {}).get("success"))

    async def _nodes(self, queue: str, deadline: float) -> AsyncIterator[dict[str, Any]]:
        after: str | None = None
        for _ in range(MAX_PAGES):
            variables = {**self._queue_variables(queue), "first": PAGE, "after": after}
            page = self._queue(await self._page(variables, deadline), queue)["runQueueItems"]
            for edge in page["edges"]:
                yield edge["node"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]

    async def _page(self, variables: Mapping[str, object], deadline: float) -> dict[str, Any]:
        try:
            return await self._ask_page(variables, deadline)
        except ServiceError as error:
            if error.problem.kind is not ProblemKind.INVALID or not self._extras:
                raise
        self._extras = ""
        return await self._ask_page(variables, deadline)

    async def _ask_page(self, variables: Mapping[str, object], deadline: float) -> dict[str, Any]:
        data: dict[str, Any] = await self._graphql.read(ITEMS % self._extras, variables, deadline=deadline)
        return data

    def _queue(self, data: dict[str, Any], queue: str) -> dict[str, Any]:
        found: dict[str, Any] | None = (data.get("project") or {}).get("runQueue")
        if found is None:
            raise failure(
                ProblemKind.NOT_FOUND,
                f"there is no queue {queue} in the entity {self._settings.entity}, or the key may not see it",
                effectless=True,
            )
        return found

    def _queue_variables(self, queue: str) -> dict[str, str]:
        return {"entity": self._settings.entity, "project": LAUNCH_PROJECT, "queue": queue}

    def _spec(self, item: NewItem) -> dict[str, object]:
        return {
            "run_id": item.run_id,
            "entity": self._settings.entity,
            "project": self._settings.project,
            "name": item.name,
            "author": item.author,
            "docker": {"docker_image": item.image},
            "resource": RESOURCE,
            "resource_args": json.loads(item.resource_args),
            "overrides": {"entry_point": list(item.entry_point), "args": list(item.args)},
            "git": {},
        }


def _items(nodes: Sequence[Mapping[str, Any]], queue: str) -> tuple[QueueItem, ...]:
    return tuple(item_of(node, queue) for node in nodes)
