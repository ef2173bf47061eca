"""What acceptance tests share: one private Asterisk a run, and a world of its own for those that play a scenario."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.asterisk_fixture import asterisk
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.invariants import check_invariants

__all__ = ["asterisk", "world"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[AsteriskWorld]:
    world = AsteriskWorld(tmp_path)
    yield world
    await world.settle()
    check_invariants(world)
