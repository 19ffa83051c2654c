"""The table of block types that workspaces refused."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.store.engine import Database
from bot.store.schema import refused_blocks


class WorkspaceTable:
    """Implements `bot.ports.Workspaces`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def refuse_block(self, team_id: str, block_type: str, until: datetime) -> None:
        """Store that a workspace refuses a block type until that time (last write wins)."""
        insert = self._database.insert(refused_blocks).values(
            team_id=team_id, block_type=block_type, until=until
        )
        async with self._database.write() as connection:
            await connection.execute(
                insert.on_conflict_do_update(
                    index_elements=[refused_blocks.c.team_id, refused_blocks.c.block_type],
                    set_={"until": until},
                )
            )

    async def refused_blocks(self, team_id: str, now: datetime) -> frozenset[str]:
        """Return the block types to avoid now."""
        query = select(refused_blocks.c.block_type).where(
            refused_blocks.c.team_id == team_id, refused_blocks.c.until > now
        )
        async with self._database.read() as connection:
            return frozenset((await connection.execute(query)).scalars())
