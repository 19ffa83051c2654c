"""Runs the stand-ins for Google Cloud as four plaintext gRPC servers on loopback."""

from __future__ import annotations

import grpc

from bot.sandbox.google import cloud_build, cloud_logging, cloud_run, vertex
from bot.sandbox.google.rpc import handlers
from bot.sandbox.world.world import World


class GoogleServers:
    """Cloud Run, Vertex AI, Cloud Build and Cloud Logging over one world.

    `ignore_read_mask` makes Vertex AI return job specs despite a mask. `reads_per_minute` is
    Cloud Logging's quota (60 and fixed: https://docs.cloud.google.com/logging/quotas), and
    `scan_per_page` the number of entries that it scans before it returns a page.
    """

    def __init__(
        self,
        world: World,
        *,
        ignore_read_mask: bool = False,
        reads_per_minute: int = 60,
        scan_per_page: int = 50_000,
    ) -> None:
        run, build = cloud_run.CloudRun(world), cloud_build.CloudBuild(world)
        jobs = vertex.Vertex(world, ignore_read_mask=ignore_read_mask)
        logs = cloud_logging.CloudLogging(
            world, reads_per_minute=reads_per_minute, scan_per_page=scan_per_page
        )
        self._handlers = {
            service.alias: handlers(world, service, methods)
            for service, methods in (
                (cloud_run.SERVICE, run.methods()),
                (vertex.SERVICE, jobs.methods()),
                (cloud_build.SERVICE, build.methods()),
                (cloud_logging.SERVICE, logs.methods()),
            )
        }
        self._servers: list[grpc.aio.Server] = []
        self.endpoints: dict[str, str] = {}

    async def start(self) -> None:
        """Start all four servers on free ports.

        `endpoints` then maps run, aiplatform, build and logging to `http://127.0.0.1:port`.
        """
        for alias, generic in self._handlers.items():
            server = grpc.aio.server(options=(("grpc.so_reuseport", 0),))
            server.add_generic_rpc_handlers(tuple(generic))
            port = server.add_insecure_port("127.0.0.1:0")
            await server.start()
            self._servers.append(server)
            self.endpoints[alias] = f"http://127.0.0.1:{port}"

    async def close(self) -> None:
        """Stop all servers; calls in flight end with an error."""
        for server in self._servers:
            await server.stop(None)
        self._servers.clear()
