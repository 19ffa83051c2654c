"""W&B: queue items by single requests, runs by the `wandb` library."""

from __future__ import annotations

from collections.abc import Sequence

from bot.clients.wandb.graphql import GraphQL
from bot.clients.wandb.launch_queue import Queues
from bot.clients.wandb.runs import Runs
from bot.clients.wandb.sdk_pool import Library
from bot.models.cloud import QueueItem, Run
from bot.ports import NewItem
from bot.settings import Secrets, Settings


class Wandb:
    """Fulfils `bot.ports.Tracker`. Every method raises ServiceError, within its deadline, when W&B fails."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        names, call = settings.wandb, settings.timing.call
        key = secrets.wandb_api_key.get_secret_value()
        self._graphql = GraphQL(names.base_url, key, first_pause=settings.timing.retry)
        self._library = Library(
            base_url=names.base_url,
            api_key=key,
            entity=names.entity,
            project=names.project,
            call_seconds=call,
        )
        self._queues = Queues(self._graphql, names, call_seconds=call)
        self._runs = Runs(self._library, names, call_seconds=call)

    async def warm(self) -> None:
        """Load the library, starts its process and checks the key, so that a scan needs one request."""
        await self._library.connect()

    async def close(self) -> None:
        """Close connections and ends the library's process."""
        await self._library.close()
        await self._graphql.close()

    async def enqueue(self, item: NewItem) -> str:
        """Put an item into the queue once and returns its id; an unclear answer raises."""
        return await self._queues.enqueue(item)

    async def list_items(self, queue: str, *, deadline: float) -> tuple[QueueItem, ...]:
        """Return the items of a queue that are not done."""
        return await self._queues.list_items(queue, deadline=deadline)

    async def remove_item(self, item_id: str, queue: str) -> bool:
        """Take an item out of the queue; False when it was not there any more."""
        return await self._queues.remove_item(item_id, queue)

    def run_url(self, run_id: str) -> str:
        """Return the address of a run's page; "" until the library has been loaded, moments after the start."""
        return self._runs.page(run_id)

    async def find_run(self, run_id: str) -> Run | None:
        """One run by id, None when W&B knows of none."""
        return await self._runs.find_run(run_id)

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """All runs at work, newest first."""
        return await self._runs.list_active(deadline=deadline)

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the newest ended runs."""
        return await self._runs.list_completed(limit=limit, deadline=deadline)

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Up to five summary metrics of a run: `keys` first, then the others in W&B's order."""
        return await self._runs.final_metrics(run_id, keys)

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """(step, value) pairs of one metric, sampled."""
        return await self._runs.history(run_id, key, samples=samples)

    async def stop_run(self, run_id: str) -> bool:
        """Asks W&B to stop a run; False when it knows of none."""
        # Not with the library's own stop, which waits for its answer without any limit.
        storage_id = await self._runs.storage_id(run_id)
        return storage_id is not None and await self._queues.stop_run(storage_id)
