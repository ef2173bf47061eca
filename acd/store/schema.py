"""Bringing a database to the schema that this program writes."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from acd.store.errors import StoreUnusableError
from acd.store.tables import SCHEMA_VERSION

MIGRATIONS = Path(__file__).parent / "migrations"


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _upgrade(connection: sa.Connection) -> None:
    # Alembic takes a good part of a second to load, and most starts need none of it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _known_versions() -> frozenset[str]:
    return frozenset(path.stem.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _check(version: str | None, where: str) -> bool:
    """Whether the schema is this program's; False if it is older. Raises `StoreUnusableError` if it is newer."""
    if version == SCHEMA_VERSION:
        return True
    if version is None or version in _known_versions():
        return False
    raise StoreUnusableError(
        f"the database {where} has schema {version}, newer than this program's {SCHEMA_VERSION}",
        "Run the newer program that made it, or restore the copy that was taken before the upgrade.",
    )


async def upgrade(engine: AsyncEngine) -> None:
    """Make or migrate all tables in one transaction. Raises `StoreUnusableError`, `sqlalchemy.exc.SQLAlchemyError`."""
    where = engine.url.render_as_string(hide_password=True)
    async with engine.begin() as connection:
        if not _check(await connection.run_sync(_version), where):
            await connection.run_sync(_upgrade)


async def require(engine: AsyncEngine) -> None:
    """For readers, who change nothing: raises `StoreUnusableError` unless the schema is this program's."""
    where = engine.url.render_as_string(hide_password=True)
    async with engine.connect() as connection:
        version = await connection.run_sync(_version)
    if not _check(version, where):
        had = f"has the older schema {version}" if version else "has no tables of the switch"
        raise StoreUnusableError(
            f"the database {where} {had}", "Start the switch once (hotline serve): it brings it up to date."
        )
