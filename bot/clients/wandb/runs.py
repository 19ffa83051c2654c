"""Runs, through the `wandb` library: one request for each list, summaries included."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from itertools import islice
from typing import Any
from urllib.parse import quote

from bot.clients.wandb.converters import number_of, run_of
from bot.clients.wandb.errors import failure
from bot.clients.wandb.sdk_pool import Library
from bot.models.cloud import Run
from bot.models.errors import ProblemKind
from bot.settings import Wandb as Names

ACTIVE = ("running", "preempting", "pending")
PAGE = 50  # the library's own
MAX_METRICS = 5
NO_PROJECT = "Could not find project"  # what the library says, as a ValueError


class Runs:
    """The runs of one project. `call_seconds` is the deadline of every call that is given none."""

    def __init__(self, library: Library, names: Names, *, call_seconds: float) -> None:
        self._library = library
        self._names = names
        self._call = call_seconds
        self._path = f"{names.entity}/{names.project}"
        self._listing = threading.Lock()

    def page(self, run_id: str) -> str:
        """Return the address of a run's page; "" until the library, which works it out, has been loaded."""
        app = self._library.app_url
        return f"{app}/{quote(self._path)}/runs/{quote(run_id)}" if app else ""

    async def list_active(self, *, deadline: float) -> tuple[Run, ...]:
        """All runs at work, newest first; empty also where the project does not exist yet."""
        return await self._list({"state": {"$in": list(ACTIVE)}}, None, deadline)

    async def list_completed(self, *, limit: int, deadline: float) -> tuple[Run, ...]:
        """Return the newest `limit` ended runs, newest first."""
        return await self._list({"state": {"$nin": list(ACTIVE)}}, limit, deadline)

    async def find_run(self, run_id: str) -> Run | None:
        """One run by id, None when W&B knows of none."""
        found = await self._list({"name": run_id}, 1, self._call)
        return found[0] if found else None

    async def storage_id(self, run_id: str) -> str | None:
        """Return the id by which W&B's mutations know a run."""

        def work(api: Any) -> str | None:
            found = self._find(api, run_id)
            return None if found is None else str(found.storage_id)

        return await self._library.ask(work, deadline=self._call)

    async def final_metrics(self, run_id: str, keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
        """Up to five summary metrics: `keys` first, then the others in W&B's order."""

        def work(api: Any) -> tuple[tuple[str, float], ...]:
            found = self._find(api, run_id)
            return () if found is None else _metrics(found.summary_metrics, keys)

        return await self._library.ask(work, deadline=self._call)

    async def history(self, run_id: str, key: str, *, samples: int) -> tuple[tuple[float, float], ...]:
        """At most `samples` (step, value) pairs of one metric, oldest first, without what is no number."""

        def work(api: Any) -> tuple[tuple[float, float], ...]:
            found = self._find(api, run_id)
            rows = [] if found is None else found.history(samples=samples, keys=[key], pandas=False)
            pairs = ((number_of(row.get("_step")), number_of(row.get(key))) for row in rows)
            return tuple(
                (step, value)
                for step, value in pairs
                if step is not None and value is not None and math.isfinite(value)
            )

        return await self._library.ask(work, deadline=self._call)

    async def _list(self, filters: dict[str, object], limit: int | None, deadline: float) -> tuple[Run, ...]:
        def work(api: Any) -> tuple[Run, ...]:
            return tuple(run_of(raw, self.page(str(raw.id))) for raw in self._raw(api, filters, limit))

        return await self._library.ask(work, deadline=deadline)

    def _find(self, api: Any, run_id: str) -> Any:
        return next(iter(self._raw(api, {"name": run_id}, 1)), None)

    def _raw(self, api: Any, filters: dict[str, object], limit: int | None) -> list[Any]:
        """Return the library's runs, with their summaries, of one page if there is a limit."""
        with self._listing:
            # The library keeps the answer for each path: without this it would be the first one for ever.
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
        """A project that does not exist yet has no runs; an entity that the key does not see is a mistake."""
        viewer = api.viewer
        seen = {*viewer.teams, viewer.entity, viewer.username}
        if self._names.entity not in seen:
            raise failure(
                ProblemKind.NOT_FOUND,
                f"the key's account does not see the entity {self._names.entity}",
                effectless=True,
            )


def _metrics(summary: dict[str, object], keys: Sequence[str]) -> tuple[tuple[str, float], ...]:
    others = [key for key in summary if not key.startswith("_") and key not in keys]
    found = ((key, number_of(summary.get(key))) for key in dict.fromkeys((*keys, *others)))
    return tuple(islice(((key, value) for key, value in found if value is not None), MAX_METRICS))
