"""Shutdown after SIGTERM: phases in a fixed order, each with a time budget."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import structlog

# The process exits this many seconds after SIGTERM, even if a phase hangs. Platforms kill after ten:
# https://cloud.google.com/run/docs/container-contract#instance-shutdown
SHUTDOWN_SECONDS = 9.0


class Phase(StrEnum):
    """The shutdown phases, in order."""

    ACKS = "acks"
    CONNECTIONS = "connections"
    LISTENERS = "listeners"
    LAUNCHES = "launches"
    SCANS = "scans"
    CLIENTS = "clients"
    STORE = "store"


# The time budget of each phase in seconds; the sum is below SHUTDOWN_SECONDS.
BUDGETS: MappingProxyType[Phase, float] = MappingProxyType(
    {
        Phase.ACKS: 2.0,
        Phase.CONNECTIONS: 0.5,
        Phase.LISTENERS: 0.5,
        Phase.LAUNCHES: 2.0,
        Phase.SCANS: 0.5,
        Phase.CLIENTS: 1.5,
        Phase.STORE: 0.5,
    }
)


async def run_phase(phase: Phase, *steps: Coroutine[Any, Any, object]) -> None:
    """Run the steps of one shutdown phase concurrently within its budget; never raises.

    Steps that exceed the budget are cancelled and not awaited; errors are logged.
    """
    log = structlog.get_logger("shutdown")
    tasks = [asyncio.ensure_future(step) for step in steps]
    done, pending = await asyncio.wait(tasks, timeout=BUDGETS[phase]) if tasks else (set(), set())
    for task in pending:
        task.cancel()
    if pending:
        log.warning("shutdown phase timed out", phase=phase, seconds=BUDGETS[phase])
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("shutdown phase failed", phase=phase, exc_info=error)
