from __future__ import annotations

import asyncio

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_parts import Connect, OpenWorkspace

from bot.sandbox.slack import SlackWorkspace


async def test_a_refused_connection_heals(workspace: SlackWorkspace, app: AsyncApp, connect: Connect) -> None:
    """After a refresh, a cut, and a failing apps.connections.open the real client comes back by itself."""

    def came() -> int:
        return sum(what == "open" for _, what, _ in workspace.traffic.connections)

    await connect(workspace, app)
    await workspace.disconnect("refresh_requested")
    await workspace.wait_until(lambda: came() == 2 and workspace.connections == 1)
    workspace.set_faults(open_failures=1)
    workspace.abort_connections()
    await workspace.wait_until(lambda: came() == 3 and workspace.connections == 1, 15.0)

    assert "internal_error" in [call.error for call in workspace.traffic.of("apps.connections.open")]


async def _raw(workspace: SlackWorkspace, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    headers = {"Authorization": f"Bearer {workspace.app_token}"}
    async with session.post(f"{workspace.api_url}apps.connections.open", headers=headers) as answer:
        return await session.ws_connect((await answer.json())["url"])


async def test_the_eleventh_connection_is_sent_away(workspace: SlackWorkspace) -> None:
    """Ten connections per app, counted in each hello."""
    async with aiohttp.ClientSession() as session:
        sockets = [await _raw(workspace, session) for _ in range(11)]
        greetings = [await socket.receive_json() for socket in sockets]
        for socket in sockets:
            await socket.close()

    assert list(range(1, 11)) == [greeting["num_connections"] for greeting in greetings[:10]]
    assert ("disconnect", "too_many_websockets") == (greetings[10]["type"], greetings[10]["reason"])


async def test_payloads_go_to_one_connection_only(workspace: SlackWorkspace) -> None:
    """A second instance of the same app steals commands at random: nothing is broadcast."""
    async with aiohttp.ClientSession() as session:
        sockets = [await _raw(workspace, session) for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()
        got = [0, 0]

        async def serve(index: int) -> None:
            async for message in sockets[index]:
                got[index] += 1
                await sockets[index].send_json({"envelope_id": message.json()["envelope_id"]})

        servers = [asyncio.create_task(serve(index)) for index in range(2)]
        outcomes = [await workspace.type_text("alice", "training", "/x") for _ in range(40)]
        for socket in sockets:
            await socket.close()
        await asyncio.gather(*servers)

    assert all(outcome.ok for outcome in outcomes)
    assert 40 == sum(got)
    assert min(got) > 0


async def test_an_ack_on_another_connection_counts_unless_strict(open_workspace: OpenWorkspace) -> None:
    """Whether Slack takes such acks is unknown, so both worlds can be tried."""
    workspace = await open_workspace(ack_seconds=0.2)
    async with aiohttp.ClientSession() as session:
        sockets = [await _raw(workspace, session) for _ in range(2)]
        for socket in sockets:
            await socket.receive_json()

        async def cross(index: int) -> None:
            async for message in sockets[index]:
                await sockets[1 - index].send_json({"envelope_id": message.json()["envelope_id"]})

        servers = [asyncio.create_task(cross(index)) for index in range(2)]
        lenient = await workspace.type_text("alice", "training", "/x")
        workspace.set_faults(strict_acks=True)
        strict = await workspace.type_text("alice", "training", "/x")
        for socket in sockets:
            await socket.close()
        await asyncio.gather(*servers)

    assert (True, False) == (lenient.ok, lenient.same_connection)
    assert "operation_timeout" == strict.error


async def test_a_ticket_opens_one_connection_once(workspace: SlackWorkspace) -> None:
    """A socket without a fresh ticket is refused, as the real endpoint refuses it."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{workspace.url}link/?ticket=guess") as answer,
    ):
        assert 401 == answer.status


async def test_a_grid_payload_names_its_enterprise(open_workspace: OpenWorkspace) -> None:
    """On Enterprise Grid commands and presses carry the organisation."""
    workspace = await open_workspace(enterprise=True)
    async with aiohttp.ClientSession() as session:
        socket = await _raw(workspace, session)
        await socket.receive_json()
        typing = asyncio.create_task(workspace.type_text("alice", "training", "/x"))
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        await typing
        await socket.close()

    assert ("E0SANDBOX", "false") == (
        envelope["payload"]["enterprise_id"],
        envelope["payload"]["is_enterprise_install"],
    )
