from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from google_samples import add_executions, make_settings

from bot.clients.google import GoogleCloud
from bot.clients.google.channels import GoogleTransport
from bot.clients.google.methods import METHODS
from bot.models.regions import REGIONS
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.world.world import World

HERE = Path(__file__).parent


def run(program: str, *arguments: str) -> str:
    """What a Python process of its own prints: imports and channels belong to a whole process."""
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-W", "error", str(HERE / program), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=HERE.parents[1],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


async def test_one_channel_for_each_address(servers: GoogleServers) -> None:
    """Eighteen regions behind one address share one connection, whatever is asked of it."""
    transport = GoogleTransport(make_settings(servers.endpoints).google)

    await transport.warm(REGIONS)
    addresses = transport.addresses()
    await transport.close()

    assert frozenset(servers.endpoints.values()) == addresses


async def test_an_address_may_hold_the_region(servers: GoogleServers) -> None:
    """Vertex AI has a host for each region; a stand-in may have one as well."""
    address = servers.endpoints["aiplatform"].replace("127.0.0.1", "{region}.localhost")
    transport = GoogleTransport(make_settings({**servers.endpoints, "aiplatform": address}).google)

    await transport.warm(REGIONS)
    addresses = transport.addresses()
    await transport.close()

    hosts = {address.replace("{region}", region) for region in REGIONS}
    assert hosts == addresses - set(servers.endpoints.values())


async def test_warming_opens_everything_and_asks_nothing(world: World, cloud: GoogleCloud) -> None:
    """The first person after a start waits no longer than the second, and no quota is spent for it."""
    await cloud.warm(deadline=20)

    assert not world.calls


async def test_clients_can_be_used_again_after_closing_another(servers: GoogleServers, world: World) -> None:
    """Closing one set of clients leaves the channels of others alone."""
    add_executions(world)
    first, second = (GoogleCloud(make_settings(servers.endpoints)) for _ in range(2))
    await first.warm(deadline=20)
    await second.warm(deadline=20)

    await first.close()
    rows = await second.runners.list_executions("us-central1", deadline=5)
    await second.close()

    assert len(rows) == 1


def test_only_what_we_call_is_imported() -> None:
    """The whole of aiplatform_v1 would cost 60 MB and half a second, and it must stay importable later."""
    found = json.loads(run("drive_lean_import.py"))

    assert found["requests"] == {method.name: method.request.partition(".")[2] for method in METHODS}
    assert not found["unwanted"]
    assert found["same_class_later"]


def test_importing_our_clients_loads_nothing_of_googles() -> None:
    """The command line's help and the first ack must not wait for Google's packages."""
    assert run("drive_lean_import.py", "ours") == "[]"


def test_the_real_address_goes_over_tls_with_a_token(tmp_path: Path) -> None:
    """Production differs from the sandbox by encryption and credentials only: a server here sees both."""
    found = json.loads(run("drive_tls.py", str(tmp_path)))

    assert found["rows"] == 0
    assert found["authorization"].startswith("Bearer ")
    assert "us-central1" in found["routing"]


def test_every_api_names_a_person_readable_system() -> None:
    """The system's name stands in sentences for people."""
    systems = {method.api.system for method in METHODS}

    assert {"Cloud Run", "Vertex AI", "Cloud Build", "Cloud Logging"} == systems
