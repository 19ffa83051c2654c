from __future__ import annotations

import os

import pytest

# What a person's own environment may hold and no test must hear of.
OUTSIDE = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "WANDB_API_KEY",
    "LAUNCH_CONTROL_SETTINGS",
)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would be asked even for addresses of this machine, and a person's secrets open other doors."""
    for name in [*OUTSIDE, *(name for name in os.environ if name.lower().endswith("_proxy"))]:
        monkeypatch.delenv(name, raising=False)
