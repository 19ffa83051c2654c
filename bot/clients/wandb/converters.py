"""Converts W&B's objects, states and times."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bot.models.cloud import QueueItem, QueueItemState, Run, RunState
from bot.redaction import plain_name, safe_field


def moment_of(stamp: object) -> datetime | None:
    """Return a timestamp as an aware time in UTC; W&B omits the zone of some, which are in UTC."""
    try:
        moment = datetime.fromisoformat(str(stamp))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def item_of(node: Mapping[str, Any], queue: str) -> QueueItem:
    """Convert the GraphQL node of a queue item."""
    spec = _table(node.get("runSpec"))
    error = node.get("error") or {}
    return QueueItem(
        item_id=str(node["id"]),
        state=_item_state(str(node.get("state", ""))),
        queue=queue,
        run_id=str(spec.get("run_id") or node.get("associatedRunId") or ""),
        name=plain_name(str(spec.get("name") or "")),
        author=plain_name(str(spec.get("author") or "")),
        created=moment_of(node.get("createdAt")),
        error=safe_field(str(error.get("message") or "")),
    )


def run_of(raw: Any, url: str) -> Run:
    """Convert a run of the `wandb` SDK, whose summary must be loaded."""
    created, heartbeat = moment_of(raw.created_at), moment_of(raw.heartbeat_at)
    return Run(
        run_id=str(raw.id),
        name=plain_name(str(raw.name or raw.id)),
        state=_run_state(str(raw.state)),
        by=plain_name(str(getattr(getattr(raw, "user", None), "username", None) or "")),
        created=created,
        heartbeat=heartbeat,
        runtime=_runtime(raw.summary_metrics, created, heartbeat),
        url=url,
    )


def number_of(value: object) -> float | None:
    """Return a metric's value, None if it is not a number; W&B writes NaN and Infinity as strings."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) or value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    return None


def _runtime(
    summary: Mapping[str, object], created: datetime | None, heartbeat: datetime | None
) -> float | None:
    measured = number_of(summary.get("_runtime"))
    if measured is not None and math.isfinite(measured):
        return max(0.0, measured)
    if created is None or heartbeat is None:
        return None
    # Both timestamps are the server's, so clock differences do not matter.
    return max(0.0, (heartbeat - created).total_seconds())


def _table(value: object) -> Mapping[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _item_state(word: str) -> QueueItemState:
    try:
        return QueueItemState(word.lower())
    except ValueError:
        return QueueItemState.UNKNOWN


def _run_state(word: str) -> RunState:
    try:
        return RunState(word.lower())
    except ValueError:
        return RunState.UNKNOWN
