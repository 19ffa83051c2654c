"""Client of W&B runs through the `wandb` SDK: one request per list, summaries included."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from bot.clients.wandb.converters import number_of, run_of
from bot.clients.wandb.errors import failure
from bot.clients.wandb.sdk_pool import SdkPool
from bot.models.cloud import Run
from bot.models.errors import ProblemKind
from bot.settings import Wandb as WandbSettings

ACTIVE = ("running", "preempting", "pending")
PAGE = 50  # the SDK's default
MAX_METRICS = 5
NO_PROJECT = "Could not find project"  # the message of the SDK's ValueError


class Runs:
    """The runs of one project. `call_seconds` is the default deadline."""

    def __init__(self, sdk: SdkPool, settings: WandbSettings, *, call_seconds: float) -> None:
        self._sdk = sdk
        self._settings = settings
        self._call = call_seconds
        self._path = f"{settings.entity}/{settings.project}"
        self._listing = threading.Lock()

    def page(self, run_id: str) -> str:
        """Return the URL of a run's page; "" until the SDK, which computes the host, has been imported."""
        app = self._sdk.app_url
        return f"{app}/{quote(self._path)}/runs/{quote(run_id)}" if app else ""

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """Return all active runs, newest first; empty if the project does not exist yet."""
        return await self._list({"state": {"$in": list(ACTIVE)}}, None, deadline)

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the newest `limit` ended runs, newest first."""
        return await self._list({"state": {"$nin": list(ACTIVE)}}, limit, deadline)

    async def find_run(self, run_id: str) -> Run | None:
        """Return a run by id, None when W&B does not know it."""
        found = await self._list({"name": run_id}, 1, self._call)
        return found[0] if found else None

    async def storage_id(self, run_id: str) -> str | None:
        """Return the id of a run in W&B's mutations, None when W&B does not know the run."""

        def work(api: Any) -> str | None:
            found = self._find(api, run_id)
            return None if found is None else str(found.storage_id)

        return await self._sdk.ask(work, deadline=self._call)

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Return up to five summary metrics: `keys` first, then the others in W&B's order."""

        def work(api: Any) -> tuple[tuple[str, float], ...]:
            found = self._find(api, run_id)
            return () if found is None else _metrics(found.summary_metrics, keys)

        return await self._sdk.ask(work, deadline=self._call)

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """Return at most `samples` (step, value) pairs of one metric, oldest first.

        Values that are not finite are left out.
        """

        def work(api: Any) -> tuple[tuple[float, float], ...]:
            found = self._find(api, run_id)
            rows = [] if found is None else found.history(samples=samples, keys=[key], pandas=False)
            pairs = ((number_of(row.get("_step")), number_of(row.get(key))) for row in rows)
            return tuple(
                (step, value)
                for step, value in pairs
                if step is not None and value is not None and math.isfinite(value)
            )

        return await self._sdk.ask(work, deadline=self._call)

    async def _list(self, filters: dict[str, object], limit: int | None, deadline: float) -> tuple[Run, ...]:
        def work(api: Any) -> tuple[Run, ...]:
            return tuple(run_of(raw, self.page(str(raw.id))) for raw in self._raw(api, filters, limit))

        return await self._sdk.ask(work, deadline=deadline)

    def _find(self, api: Any, run_id: str) -> Any:
        return next(iter(self._raw(api, {"name": run_id}, 1)), None)

    def _raw(self, api: Any, filters: dict[str, object], limit: int | None) -> list[Any]:
        """Return the SDK's run objects with their summaries; one page if there is a limit."""
        with self._listing:
            # The SDK caches the response by path and would return the first one forever.
            api.flush()
            runs = api.runs(
                self._path, filters=filters, order="-created_at", per_page=limit or PAGE, lazy=False
            )
        try:
            return list(islice(runs, limit))
        except ValueError as error:
            if NO_PROJECT not in str(error):
                raise
            self._check_entity(api)
            return []

    def _check_entity(self, api: Any) -> None:
        """Raise ServiceError if the key cannot see the entity.

        A project that does not exist yet has no runs.
        """
        viewer = api.viewer
        seen = {*viewer.teams, viewer.entity, viewer.username}
        if self._settings.entity not in seen:
            raise failure(
                ProblemKind.NOT_FOUND,
                f"the key's account does not see the entity {self._settings.entity}",
                effectless=True,
            )


def _metrics(summary: dict[str, object], keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
    others = [key for key in summary if not key.startswith("_") and key not in keys]
    found = ((key, number_of(summary.get(key))) for key in dict.fromkeys((*keys, *others)))
    return tuple(islice(((key, value) for key, value in found if value is not None), MAX_METRICS))
