"""The first tables. Written out in full: a migration must not change when the code does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.String(32)


def upgrade() -> None:
    """Create the tables of version 1."""
    _launches()
    _memory()
    _audit()


def _launches() -> None:
    op.create_table(
        "launch",
        sa.Column("launch_id", sa.String(64), primary_key=True),
        sa.Column("trigger_id", sa.Text, nullable=False, unique=True),
        sa.Column("team_id", sa.String(64), nullable=False),
        sa.Column("channel_id", sa.String(64), nullable=False),
        sa.Column("user_id", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("stage", sa.String(32), nullable=False),
        sa.Column("verdict", sa.String(32), nullable=False),
        sa.Column("due", TIME, nullable=False),
        sa.Column("created", TIME, nullable=False),
        sa.Column("ended", TIME),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("launch_stage_created", "launch", ["stage", "created"])
    op.create_index("launch_created", "launch", ["created"])
    op.create_table(
        "claim",
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("at", TIME, nullable=False),
    )
    op.create_index("claim_holder", "claim", ["holder"])


def _memory() -> None:
    op.create_table(
        "diagnosis",
        sa.Column("row_id", sa.String(512), primary_key=True),
        sa.Column("settled", TIME, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "thread",
        sa.Column("channel_id", sa.String(64), primary_key=True),
        sa.Column("ts", sa.String(32), primary_key=True),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("started", TIME, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("thread_channel_started", "thread", ["channel_id", "started"])
    op.create_table(
        "refused_block",
        sa.Column("team_id", sa.String(64), primary_key=True),
        sa.Column("block_type", sa.String(64), primary_key=True),
        sa.Column("until", TIME, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", sa.Integer, primary_key=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("target", sa.String(512), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at"])
    op.create_index("audit_target", "audit", ["target"])
