"""The stand-in for W&B is strict, and fails as W&B does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from sandbox_world_help import QUEUE, add_run, launch_spec, signed_in

from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

Post = Callable[..., Any]

PUSH = """
mutation Push($entity: String!, $queue: String!, $spec: JSONString!) {
  pushToRunQueueByName(
    input: {entityName: $entity, projectName: "model-registry", queueName: $queue, runSpec: $spec}
  ) { runQueueItemId }
}
"""
ITEMS = """
query Items($entity: String!, $queue: String!) {
  project(name: "model-registry", entityName: $entity) {
    runQueue(name: $queue) {
      id
      runQueueItems(first: 100) {
        edges { node { id state runSpec associatedRunId createdAt error { message } } }
      }
    }
  }
}
"""
RUNS = """
query Runs($filters: JSONString, $order: String, $first: Int = 50, $after: String) {
  project(name: "trainer", entityName: "acme-ml") {
    runs(filters: $filters, order: $order, first: $first, after: $after) {
      edges { node { name state user { username } summaryMetrics } cursor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


async def push(post: Post, run_id: str = "abcd1234") -> tuple[int, Any]:
    status, answer = await post(PUSH, entity="acme-ml", queue=QUEUE, spec=json.dumps(launch_spec(run_id)))
    return status, answer


async def test_item_pushed_once_is_listed_with_its_spec(post: Post) -> None:
    """The product looks for its run id among the items after an unclear answer."""
    _, pushed = await push(post)
    _, listed = await post(ITEMS, entity="acme-ml", queue=QUEUE)

    (edge,) = listed["data"]["project"]["runQueue"]["runQueueItems"]["edges"]
    assert edge["node"]["id"] == pushed["data"]["pushToRunQueueByName"]["runQueueItemId"]
    assert edge["node"]["runSpec"]["run_id"] == "abcd1234"
    assert (edge["node"]["state"], edge["node"]["error"]) == ("PENDING", None)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("query { viewer { id shoeSize } }", 'Cannot query field "shoeSize" on type "User".'),
        ("query { viewer }", 'Field "viewer" of type "User" must have a selection of subfields.'),
        ("query { viewer { id { x } } }", 'Field "id" must not have a selection'),
        ("query { project(title: 1) { id } }", 'Unknown argument "title" on field "Query.project".'),
        ("query { launchAgent { id } }", 'Argument "Query.launchAgent(id:)" of type "ID!" is required'),
        ("query Q($n: Int) { project(name: $n) { id } }", 'used in position expecting type "String"'),
        ("query Q { project(name: $n) { id } }", 'Variable "$n" is not defined by operation "Q".'),
        ("query Q($n: String!) { project(name: $n) { id } }", 'Variable "$n" has invalid value'),
        ("query { viewer { ...Nobody } }", 'Unknown fragment "Nobody".'),
        ("mutation { stopRun(input: {}) { success } }", 'to include required field "id"'),
        ("mutation { launchRocket { success } }", 'Cannot query field "launchRocket" on type "Mutation".'),
        ("query { viewer { id }", "Syntax Error"),
        ("nonsense", "Syntax Error"),
        ("query { viewer { id ? } }", 'Unexpected character: "?".'),
    ],
)
async def test_unsound_query_is_refused_with_its_mistake(post: Post, query: str, words: str) -> None:
    """A stand-in that answers anything would let a misspelt query pass until the first real launch."""
    status, answer = await post(query)

    assert status == 400
    assert words in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("value", "words"),
    [("not json", "JSONString cannot represent value"), (5, "JSONString cannot represent value")],
)
async def test_variable_of_the_wrong_kind_is_refused(post: Post, value: Any, words: str) -> None:
    """Variables are the part of a request that differs from call to call."""
    status, answer = await post(PUSH, entity="acme-ml", queue=QUEUE, spec=value)

    assert status == 400
    assert words in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("named", "shown"),
    [("", "Unknown operation"), ("One", "acme-ml"), ("Two", "Launch Control"), ("Six", "Unknown operation")],
)
async def test_operation_is_chosen_by_its_name(wandb_server: WandbServer, named: str, shown: str) -> None:
    """The real client names an operation in every request, if only with an empty name."""
    body = {"query": "query One { viewer { entity } } query Two { viewer { name } }", "operationName": named}
    async with aiohttp.ClientSession(headers=signed_in()) as session:
        answer = await session.post(f"{wandb_server.url}/graphql", json=body)

        assert shown in await answer.text()


async def test_queue_that_is_not_there_is_an_error_without_effect(post: Post, world: World) -> None:
    """A misspelt queue must not look like a queued launch."""
    # The form of W&B's answer: https://github.com/wandb/wandb/issues/8609
    status, answer = await post(PUSH, entity="acme-ml", queue="no-such-queue", spec="{}")

    assert (status, answer["data"]) == (200, {"pushToRunQueueByName": None})
    assert answer["errors"][0]["path"] == ["pushToRunQueueByName"]
    assert "could not find run queue acme-ml/model-registry/no-such-queue" in answer["errors"][0]["message"]
    assert not world.items


async def test_wrong_key_is_answered_as_by_wandb(wandb_server: WandbServer, world: World) -> None:
    """A wrong key is the commonest mistake of a first installation."""
    async with aiohttp.ClientSession(headers=signed_in("0" * 40)) as session:
        answer = await session.post(f"{wandb_server.url}/graphql", json={"query": "{ viewer { id } }"})
        body = await answer.json()

    assert (answer.status, body["errors"][0]["message"]) == (401, "user is not logged in")
    assert not world.calls


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["r4", "r3", "r2", "r1"]),
        ({"state": "running"}, ["r3", "r1"]),
        ({"state": {"$in": ["failed", "finished"]}}, ["r4", "r2"]),
        ({"$or": [{"state": "failed"}, {"name": "r1"}]}, ["r2", "r1"]),
        ({"$and": [{"state": {"$ne": "running"}}, {"summary_metrics.loss": {"$lt": 0.3}}]}, ["r2"]),
        ({"$not": {"state": "running"}}, ["r4", "r2"]),
        ({"display_name": {"$regex": "^run r[12]$"}}, ["r2", "r1"]),
        ({"username": "nobody"}, []),
    ],
)
async def test_runs_are_filtered_as_mongo_does(
    post: Post, world: World, filters: dict[str, Any], names: list[str]
) -> None:
    """The tables of runs are filters of this language; a filter that is ignored shows too much."""
    for number, state in enumerate(("running", "failed", "running", "finished"), 1):
        add_run(world, f"r{number}", state, age=100 - number, summary={"loss": 0.1 * number})

    _, answer = await post(RUNS, filters=json.dumps(filters), order="-created_at")

    assert [edge["node"]["name"] for edge in answer["data"]["project"]["runs"]["edges"]] == names


async def test_unknown_filter_word_is_an_error(post: Post, world: World) -> None:
    """Ignoring an operator would show all runs as if they matched."""
    add_run(world, "r1", "running")

    _, answer = await post(RUNS, filters='{"state": {"$like": "run%"}}')

    assert answer["errors"][0]["message"] == "unknown operator: $like"


async def test_runs_come_in_pages_by_cursor(post: Post, world: World) -> None:
    """A thousand runs do not come in one answer."""
    for number in range(5):
        add_run(world, f"r{number}", "finished", age=number)
    names, cursor, pages = [], None, 0
    while pages < 5:
        _, answer = await post(RUNS, order="+created_at", first=2, after=cursor)
        page = answer["data"]["project"]["runs"]
        names += [edge["node"]["name"] for edge in page["edges"]]
        cursor, pages = page["pageInfo"]["endCursor"], pages + 1
        if not page["pageInfo"]["hasNextPage"]:
            break

    assert (names, pages) == (["r4", "r3", "r2", "r1", "r0"], 3)


@pytest.mark.parametrize("status", ["401", "403", "429", "500", "503"])
async def test_http_fault_spoils_its_calls_without_effect(post: Post, world: World, status: str) -> None:
    """The product must tell refusals from outages, and know that nothing was queued."""
    world.faults.append(Fault("wandb", method="pushToRunQueueByName", status=status, times=1))

    spoiled, _ = await push(post)

    assert spoiled == int(status)
    assert not world.items
    assert (await push(post))[0] == 200
    assert len(world.items) == 1


async def test_fault_may_name_a_field_deep_in_a_request(post: Post, world: World) -> None:
    """A scenario breaks the list of items for whoever asks, whatever the client calls its query."""
    world.faults.append(Fault("wandb", method="runQueueItems", status="503"))
    spread = """
    query { project(name: "model-registry") { runQueue(name: "vertex-ai-queue") { ...Items } } }
    fragment Items on RunQueue { runQueueItems { edges { node { id } } } }
    """

    assert (await post(spread))[0] == 503
    assert (await post('query { project(name: "model-registry") { id } }'))[0] == 200


async def test_rate_limit_says_when_to_come_back(wandb_server: WandbServer, world: World) -> None:
    """W&B's client hides these headers, ours reads them (docs.wandb.ai, rate limits)."""
    world.faults.append(Fault("wandb", status="429", retry_delay=7))
    async with aiohttp.ClientSession(headers=signed_in()) as session:
        answer = await session.post(f"{wandb_server.url}/graphql", json={"query": "{ viewer { id } }"})

    assert {
        name: answer.headers[name] for name in ("Retry-After", "RateLimit-Remaining", "RateLimit-Reset")
    } == {
        "Retry-After": "7",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "7",
    }


@pytest.mark.parametrize("status", ["500", "graphql", "html", "drop"])
async def test_fault_after_the_effect_leaves_the_item_behind(
    wandb_server: WandbServer, world: World, status: str
) -> None:
    """This is how launches get queued twice: the answer is an error, the item is there."""
    world.faults.append(Fault("wandb", status=status, after_effect=True, times=1))
    variables = {"entity": "acme-ml", "queue": QUEUE, "spec": json.dumps(launch_spec())}
    async with aiohttp.ClientSession(headers=signed_in()) as session:
        try:
            answer = await session.post(
                f"{wandb_server.url}/graphql", json={"query": PUSH, "variables": variables}
            )
            shown = await answer.text()
        except aiohttp.ClientError:
            shown = "drop"

    assert len(world.items) == 1
    assert {"500": "internal", "graphql": "errors", "html": "<html>", "drop": "drop"}[status] in shown


async def test_hanging_call_answers_nobody_and_keeps_no_one_from_closing(
    wandb_server: WandbServer, world: World
) -> None:
    """A stand-in that cannot be closed would hang every test behind it."""
    world.faults.append(Fault("wandb", method="pushToRunQueueByName", hang=True))
    body = {"query": PUSH, "variables": {"entity": "acme-ml", "queue": QUEUE, "spec": "{}"}}
    async with aiohttp.ClientSession(headers=signed_in()) as session:
        with pytest.raises(TimeoutError):
            await session.post(
                f"{wandb_server.url}/graphql", json=body, timeout=aiohttp.ClientTimeout(total=0.2)
            )
        async with asyncio.timeout(5):
            await wandb_server.close()

    assert not world.items


async def test_calls_are_counted_by_mutation_and_query_name(post: Post, world: World) -> None:
    """Tests of the product count what it asked for."""
    await push(post)
    await post(RUNS)
    await post(RUNS)

    assert world.calls == {("wandb", "pushToRunQueueByName", "-"): 1, ("wandb", "Runs", "-"): 2}
