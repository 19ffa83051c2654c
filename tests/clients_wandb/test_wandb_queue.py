from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from wandb_samples import NOW, QUEUE, make_item

from bot.clients.wandb import Wandb
from bot.models.cloud import QueueItemState
from bot.models.errors import Problem, ProblemKind, ServiceError
from bot.ports import Tracker
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world import queues
from bot.sandbox.world.launch_spec import AgentEnvironment, prepare, run_id_of
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

Connect = Callable[..., Wandb]
PUSH = "pushToRunQueueByName"

TOKEN = "ghp_" + "a1B2c3D4e" * 4


async def problem_of(call: Awaitable[object]) -> Problem:
    with pytest.raises(ServiceError) as caught:
        await call
    return caught.value.problem


async def test_an_item_holds_all_that_the_agent_needs(client: Tracker, world: World) -> None:
    """The agent refuses a spec without these, and a job without our run id belongs to nobody."""
    item_id = await client.enqueue(make_item())

    (item,) = world.items.values()
    spec: dict[str, Any] = item.spec
    assert (item_id, "PENDING", QUEUE) == (item.item_id, item.state, item.queue)
    resource_args = spec.pop("resource_args")
    assert {
        "run_id": "abcd1234",
        "entity": "acme-ml",
        "project": "trainer",
        "name": "bert-abcd1234",
        "author": "ana",
        "docker": {"docker_image": "us-docker.pkg.dev/acme-ml/train/bert:1"},
        "resource": "gcp-vertex",
        "overrides": {"entry_point": ["python", "train.py"], "args": ["--lr=0.1"]},
        "git": {},
    } == spec
    assert resource_args == json.loads(make_item().resource_args)


async def test_the_agent_makes_a_job_of_it_with_our_command_and_id(client: Tracker, world: World) -> None:
    """What is queued must pass the agent's own checks: it refuses in silence, minutes later."""
    await client.enqueue(make_item())
    (item,) = world.items.values()
    side = AgentEnvironment(
        base_url="", api_key="", queue=QUEUE, queue_entity="acme-ml", item_id=item.item_id
    )

    job = prepare(item.spec, run_id_of(item.spec), side, NOW)

    assert (job.run_id, job.project, job.display_name) == ("abcd1234", "trainer", "bert-abcd1234")
    assert job.command == ["python", "train.py", "--lr=0.1"]
    assert job.image == "us-docker.pkg.dev/acme-ml/train/bert:1"
    assert (job.labels["wandb-run-id"], job.env["WANDB_USERNAME"]) == ("abcd1234", "ana")


@pytest.mark.parametrize(
    ("fault", "kind", "effectless"),
    [
        (Fault("wandb", method=PUSH, status="500", after_effect=True), ProblemKind.UNAVAILABLE, False),
        (Fault("wandb", method=PUSH, status="drop", after_effect=True), ProblemKind.UNAVAILABLE, False),
        (Fault("wandb", method=PUSH, status="graphql", after_effect=True), ProblemKind.UNKNOWN, False),
        (Fault("wandb", method=PUSH, status="html", after_effect=True), ProblemKind.UNKNOWN, False),
        (Fault("wandb", method=PUSH, hang=True, after_effect=True), ProblemKind.TIMED_OUT, False),
        (Fault("wandb", method=PUSH, status="403"), ProblemKind.DENIED, True),
        (Fault("wandb", method=PUSH, status="429", retry_delay=7), ProblemKind.EXHAUSTED, True),
    ],
)
async def test_an_item_is_sent_once_whatever_the_answer(
    server: WandbServer, connect: Connect, world: World, fault: Fault, kind: ProblemKind, *, effectless: bool
) -> None:
    """A repeated request would train twice: what is unclear is raised, and looked into by the core."""
    client = connect(server.url, call=0.3)
    world.faults.append(fault)

    problem = await problem_of(client.enqueue(make_item()))

    assert (kind, effectless) == (problem.kind, problem.effectless)
    assert len(world.items) == (0 if effectless else 1)
    assert world.calls["wandb", PUSH, "-"] + world.calls["wandb", "PushToRunQueueByName", "-"] == 1


async def test_a_spent_limit_says_when_to_come_back(client: Wandb, world: World) -> None:
    """W&B names the seconds in its headers; the next try is not before."""
    world.faults.append(Fault("wandb", status="429", retry_delay=7))

    problem = await problem_of(client.enqueue(make_item()))

    assert (7.0, "HTTP 429: rate limit exceeded") == (problem.retry_after, problem.message)


async def test_items_are_listed_with_what_we_put_into_them(client: Wandb, world: World) -> None:
    """The core finds its item by run id, and reads its state and W&B's word about a failure."""
    first = await client.enqueue(make_item("first000"))
    second = await client.enqueue(make_item("second00"))
    world.items[second].state, world.items[second].error = "FAILED", "403 <!channel> quota"

    items = {item.item_id: item for item in await client.list_items(QUEUE, deadline=3)}

    pending, failed = items[first], items[second]
    assert (pending.state, pending.run_id, pending.name, pending.author) == (
        QueueItemState.PENDING,
        "first000",
        "bert-first000",
        "ana",
    )
    assert pending.created is not None
    assert pending.created.utcoffset() is not None
    assert failed.state is QueueItemState.FAILED
    assert "quota" in failed.error
    assert "<!channel>" not in failed.error


@pytest.mark.parametrize("before", [1, 5, 12, 30])
async def test_an_error_of_megabytes_is_cut_and_its_secrets_do_not_show(
    client: Wandb, world: World, before: int
) -> None:
    """An agent hands on whatever its exception said: every listing carries it for as long as it is there."""
    item_id = await client.enqueue(make_item())
    words = "the agent failed " * 300_000
    item = world.items[item_id]
    item.state, item.error = "FAILED", f"{words[: 65_535 - before]} {TOKEN} {words}"
    item.spec["name"], item.spec["author"] = words, words

    (listed,) = await client.list_items(QUEUE, deadline=10)

    assert listed.error.startswith("the agent failed")
    assert max(len(listed.error), len(listed.name), len(listed.author)) < 70_000
    assert TOKEN[4:9] not in listed.error


@pytest.mark.parametrize("padding", [0, 3_985, 3_995, 11_985, 11_995, 5_000_000])
async def test_a_long_message_of_the_server_shows_no_part_of_a_secret(
    client: Wandb, world: World, padding: int
) -> None:
    """What is read of a message ends somewhere; blanks that are taken out must not show that end."""
    world.faults.append(
        Fault("wandb", status="graphql", message=f"Bad:{' ' * padding} {TOKEN} no" + "!" * 9_000)
    )

    problem = await problem_of(client.list_items(QUEUE, deadline=10))

    assert problem.message.startswith("Bad:")
    assert len(problem.message) <= 500
    assert TOKEN[4:9] not in problem.message


async def test_all_pages_of_a_long_queue_are_read(client: Wandb, world: World) -> None:
    """Failed items stay in a queue for ever: ours may stand behind a hundred of them."""
    queue = world.queues[QUEUE]
    for number in range(230):
        queues.push(world, queue, {"run_id": f"run{number:05}"})

    items = await client.list_items(QUEUE, deadline=3)

    assert {f"run{number:05}" for number in range(230)} == {item.run_id for item in items}


async def test_a_queue_that_is_not_there_is_a_problem(client: Wandb) -> None:
    """A typing error in the settings must not look like an empty queue."""
    problem = await problem_of(client.list_items("nosuch", deadline=3))

    assert problem.kind is ProblemKind.NOT_FOUND
    assert "there is no queue nosuch in the entity acme-ml" in problem.message


async def test_an_item_is_taken_out_once(client: Wandb, world: World) -> None:
    """A launch is called failed only after its item cannot start a job any more."""
    item_id = await client.enqueue(make_item())

    assert await client.remove_item(item_id, QUEUE)
    assert not await client.remove_item(item_id, QUEUE)
    assert await client.list_items(QUEUE, deadline=3) == ()


async def test_a_read_is_tried_again_once(client: Wandb, world: World) -> None:
    """One hiccup of W&B is nothing to tell people of."""
    world.faults.append(Fault("wandb", status="503", times=1))

    assert await client.list_items(QUEUE, deadline=3) == ()

    assert world.calls["wandb", "RunQueueItems", "-"] == 2


async def test_a_hung_read_ends_at_its_deadline(client: Wandb, world: World) -> None:
    """A table says "no answer" in time, and in the setting's number of seconds."""
    world.faults.append(Fault("wandb", hang=True))

    async with asyncio.timeout(2):
        problem = await problem_of(client.list_items(QUEUE, deadline=0.2))

    assert (ProblemKind.TIMED_OUT, "no answer within 0.2 s") == (problem.kind, problem.message)


async def test_a_refused_connection_had_no_effect(connect: Connect, server: WandbServer) -> None:
    """What never left this machine may be sent again at once."""
    client = connect(server.url)
    await server.close()

    problem = await problem_of(client.enqueue(make_item()))

    assert (ProblemKind.UNAVAILABLE, True) == (problem.kind, problem.effectless)


@pytest.mark.parametrize(("key", "words"), [("", "WANDB_API_KEY is not set"), ("b" * 40, "HTTP 401")])
async def test_a_missing_or_wrong_key_is_named(
    server: WandbServer, connect: Connect, key: str, words: str
) -> None:
    """Without a key nothing is asked at all; a wrong one is not repeated in the message."""
    client = connect(server.url, key=key)

    problem = await problem_of(client.list_items(QUEUE, deadline=3))

    assert problem.kind is ProblemKind.UNAUTHENTICATED
    assert words in problem.message
    assert not key or key not in problem.message


async def test_a_web_page_in_the_place_of_an_answer_is_not_shown(client: Wandb, world: World) -> None:
    """A load balancer's error page is no sentence for a person."""
    world.faults.append(Fault("wandb", status="502", message="<html><h1>Bad Gateway</h1></html>"))

    problem = await problem_of(client.list_items(QUEUE, deadline=3))

    assert (ProblemKind.UNAVAILABLE, "HTTP 502: it answered with a web page") == (
        problem.kind,
        problem.message,
    )


async def test_a_server_that_knows_fewer_fields_is_asked_for_fewer(connect: Connect) -> None:
    """W&B's own library never asks an item for its error: a server without it must not stop every launch."""
    asked: list[str] = []

    async def graphql(request: web.Request) -> web.Response:
        query = (await request.json())["query"]
        asked.append(query)
        if "error" in query:
            errors = [{"message": 'Cannot query field "error" on type "RunQueueItem".'}]
            return web.json_response({"errors": errors}, status=400)
        node = {"id": "1", "state": "PENDING", "runSpec": '{"run_id": "abcd1234"}', "associatedRunId": None}
        page = {"edges": [{"node": node}], "pageInfo": {"endCursor": "1", "hasNextPage": False}}
        return web.json_response({"data": {"project": {"runQueue": {"id": "q", "runQueueItems": page}}}})

    async def ask(client: Wandb) -> tuple[str, ...]:
        return tuple(item.run_id for item in await client.list_items(QUEUE, deadline=3))

    runner, url = await serve(graphql)
    client = connect(url)
    answers = [await ask(client), await ask(client)]
    await runner.cleanup()

    assert [("abcd1234",), ("abcd1234",)] == answers
    assert len(asked) == 3


async def test_a_redirect_is_not_followed(connect: Connect) -> None:
    """A login page behind a redirect would get the key, and answer with a page."""

    async def graphql(_request: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/login")

    runner, url = await serve(graphql)
    client = connect(url)
    problem = await problem_of(client.list_items(QUEUE, deadline=3))
    await runner.cleanup()

    assert problem.message.startswith("HTTP 302")


async def serve(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> tuple[web.AppRunner, str]:
    app = web.Application()
    app.router.add_post("/graphql", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"
