"""W&B client: queue items through GraphQL requests, runs through the `wandb` SDK."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clients.wandb.graphql import GraphQL
from bot.clients.wandb.launch_queue import Queues
from bot.clients.wandb.runs import Runs
from bot.clients.wandb.sdk_pool import SdkPool
from bot.models.cloud import QueueItem, Run
from bot.ports import NewItem
from bot.settings import Secrets, Settings


class Wandb:
    """Implements `bot.ports.Tracker`.

    Every method raises ServiceError, within its deadline, when W&B fails.
    """

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        wandb, call = settings.wandb, settings.timing.call
        key = secrets.wandb_api_key.get_secret_value()
        self._graphql = GraphQL(wandb.base_url, key, first_pause=settings.timing.retry)
        self._sdk = SdkPool(
            base_url=wandb.base_url,
            api_key=key,
            entity=wandb.entity,
            project=wandb.project,
            call_seconds=call,
        )
        self._queues = Queues(self._graphql, wandb, call_seconds=call)
        self._runs = Runs(self._sdk, wandb, call_seconds=call)

    async def warm(self) -> None:
        """Import the SDK, start its process and check the key, so that a scan needs one request."""
        await self._sdk.connect()

    async def close(self) -> None:
        """Close the connections and stop the SDK's process."""
        await self._sdk.close()
        await self._graphql.close()

    async def enqueue(self, item: NewItem) -> str:
        """Add an item to the queue once and return its id; raise ServiceError when the result is unclear."""
        return await self._queues.enqueue(item)

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        """Return the items of a queue that are not done."""
        return await self._queues.list_items(queue, deadline=deadline)

    async def remove_item(self, item_id: str, queue: str) -> bool:
        """Remove an item from the queue; False when it was no longer there."""
        return await self._queues.remove_item(item_id, queue)

    def run_url(self, run_id: str) -> str:
        """Return the URL of a run's page; "" until the SDK has been imported, moments after the start."""
        return self._runs.page(run_id)

    async def find_run(self, run_id: str) -> Run | None:
        """Return a run by id, None when W&B does not know it."""
        return await self._runs.find_run(run_id)

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """Return all active runs, newest first."""
        return await self._runs.list_active(deadline=deadline)

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the newest `limit` ended runs."""
        return await self._runs.list_completed(limit=limit, deadline=deadline)

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return up to five summary metrics of a run: `keys` first, then the others in W&B's order."""
        return await self._runs.final_metrics(run_id, keys)

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """Return sampled (step, value) pairs of one metric."""
        return await self._runs.history(run_id, key, samples=samples)

    async def stop_run(self, run_id: str) -> bool:
        """Ask W&B to stop a run; False when it does not know the run."""
        # The SDK's own stop waits for its response without a timeout.
        storage_id = await self._runs.storage_id(run_id)
        return storage_id is not None and await self._queues.stop_run(storage_id)
