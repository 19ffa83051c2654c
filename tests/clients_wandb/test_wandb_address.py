"""Where people look at runs: W&B's own library knows, and until it is loaded there is no link."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from wandb_samples import add_run

from bot.clients.wandb import Wandb
from bot.clients.wandb.sdk_pool import app_address
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.state import Fault
from bot.sandbox.world.world import World

Connect = Callable[..., Wandb]
# What wandb 0.31 says: its cloud moved, and `api.wandb.ai` is the same one.
FORGE = "https://forge.coreweave.com/wandb"


@pytest.mark.parametrize(
    ("base_url", "app"),
    [
        ("https://api.wandb.ai", FORGE),
        ("https://api.forge.coreweave.com", FORGE),
        ("https://wandb.acme.example", "https://wandb.acme.example"),
        ("https://api.acme.example", "https://app.acme.example"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_a_run_is_linked_where_its_page_is(base_url: str, app: str) -> None:
    """A wrong host is a dead link on every card; each kind of W&B keeps its pages elsewhere."""
    assert app_address(base_url) == app


async def test_there_is_no_link_before_the_library_is_loaded_and_the_right_one_after(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """Nobody waits for the import, least of all an acknowledgement; no link is better than a wrong one."""
    client = connect(server.url)
    before = client.run_url("run00001")
    add_run(world, "run00001")

    (run,) = await client.list_active(deadline=10)

    assert before == ""
    assert f"{server.url}/acme-ml/trainer/runs/run00001" == run.url == client.run_url("run00001")


async def test_links_are_right_while_w_and_b_refuses_everything(
    server: WandbServer, connect: Connect, world: World
) -> None:
    """The address takes no answer of W&B's."""
    world.faults.append(Fault("wandb", status="403"))
    client = connect(server.url, entity="acme ml")

    with pytest.raises(Exception, match="403"):
        await client.warm()

    assert client.run_url("run00001") == f"{server.url}/acme%20ml/trainer/runs/run00001"
