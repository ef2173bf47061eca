"""Insert statements that leave alone what is there already, in the words of either database.

The other database's dialect is never loaded: a switch that begins again has no time for it.
"""

from typing import Any

import sqlalchemy as sa


def insert_into(table: sa.Table, dialect: str) -> Any:
    """With the methods `on_conflict_do_nothing` and `on_conflict_do_update`. `dialect` is its name."""
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table)
