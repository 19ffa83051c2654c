from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from rig import Rig, rig_in


@pytest.fixture
def timing() -> dict[str, float]:
    """Waits of the settings that a test changes, in seconds: parametrize it."""
    return {}


@pytest.fixture
async def rig(tmp_path: Path, timing: dict[str, float]) -> AsyncIterator[Rig]:
    async with rig_in(tmp_path, **timing) as made:
        yield made
