"""Table definitions, as of the latest migration."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Column, Dialect, Index, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeDecorator

# The latest revision in migrations/versions, repeated here so that an up-to-date store opens without
# importing the migration tool.
HEAD = "0001"


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored as ISO text in UTC with microseconds, so that text order is time order."""

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Return the ISO text, or None."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy calls it so
        """Return the aware time, or None."""
        return None if value is None else datetime.fromisoformat(value)


metadata = MetaData()

launches = Table(
    "launch",
    metadata,
    Column("launch_id", String(64), primary_key=True),
    Column("trigger_id", Text, nullable=False, unique=True),
    Column("team_id", String(64), nullable=False),
    Column("channel_id", String(64), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("stage", String(32), nullable=False),
    Column("verdict", String(32), nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("ended", UtcTime),
    Column("version", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index("launch_stage_created", "stage", "created"),
    Index("launch_created", "created"),
)

# Leases: one row per trigger, repeated command or runner start, held by a launch; or per thread, held by its
# writer.
leases = Table(
    "claim",
    metadata,
    Column("key", String(512), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("at", UtcTime, nullable=False),
    Index("claim_holder", "holder"),
)

diagnoses = Table(
    "diagnosis",
    metadata,
    Column("row_id", String(512), primary_key=True),
    Column("settled", UtcTime, nullable=False),
    Column("record", Text, nullable=False),
)

threads = Table(
    "thread",
    metadata,
    Column("channel_id", String(64), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("words", Text, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("record", Text, nullable=False),
    Index("thread_channel_started", "channel_id", "started"),
)

refused_blocks = Table(
    "refused_block",
    metadata,
    Column("team_id", String(64), primary_key=True),
    Column("block_type", String(64), primary_key=True),
    Column("until", UtcTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(512), nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("audit_at", "at"),
    Index("audit_target", "target"),
)
