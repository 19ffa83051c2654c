"""How the bot ends: each part has its share of the seconds after SIGTERM, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import structlog

# A bot that was told to stop is gone after so many seconds, whatever hangs. Platforms kill after ten:
# https://cloud.google.com/run/docs/container-contract#instance-shutdown
END_SECONDS = 9.0


class Phase(StrEnum):
    """What ends, in this order."""

    ACKS = "acks"
    CONNECTIONS = "connections"
    LISTENERS = "listeners"
    TURNS = "turns"
    SCANS = "scans"
    CLIENTS = "clients"
    STORE = "store"


# The longest that each may take, in seconds; together they leave time to spare.
BUDGETS: MappingProxyType[Phase, float] = MappingProxyType(
    {
        Phase.ACKS: 2.0,
        Phase.CONNECTIONS: 0.5,
        Phase.LISTENERS: 0.5,
        Phase.TURNS: 2.0,
        Phase.SCANS: 0.5,
        Phase.CLIENTS: 1.5,
        Phase.STORE: 0.5,
    }
)


async def end(part: Phase, *works: Coroutine[Any, Any, object]) -> None:
    """End a part, its works side by side; what is late is cancelled and left behind. Raises nothing."""
    log = structlog.get_logger("ending")
    tasks = [asyncio.ensure_future(work) for work in works]
    over, late = await asyncio.wait(tasks, timeout=BUDGETS[part]) if tasks else (set(), set())
    for task in late:
        task.cancel()
    if late:
        log.warning("an end took too long", part=part, seconds=BUDGETS[part])
    for task in over:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an end failed", part=part, exc_info=error)
