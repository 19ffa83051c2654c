"""Launches to store, for the tests of the store and their worker processes."""

from __future__ import annotations

from datetime import UTC, datetime

from bot.models.launch import Launch

NOW = datetime(2026, 3, 6, 9, 0, tzinfo=UTC)


def make_launch(
    launch_id: str = "abcd1234",
    *,
    trigger_id: str | None = None,
    user_id: str = "U0ANA",
    channel_id: str = "C0TRAIN",
    text: str = "bert-small lr=0.1",
    created: datetime = NOW,
) -> Launch:
    """A launch as it is when it was just asked for."""
    return Launch(
        launch_id=launch_id,
        trigger_id=launch_id + ".trigger" if trigger_id is None else trigger_id,
        team_id="T0ACME",
        channel_id=channel_id,
        user_id=user_id,
        user_name="ana",
        text=text,
        preset="bert-small",
        overrides=(("lr", "0.1"),),
        name=f"bert-small-{launch_id}",
        queue="vertex-ai-queue",
        region="us-central1",
        created=created,
        due=created,
        limit_seconds=120.0,
    )
