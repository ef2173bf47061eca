"""Each scenario runs in every world there is, and leaves it clean."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.invariants import check_invariants
from tests.contract.simulated_world import SimulatedWorld
from tests.contract.world import World


@pytest.fixture(params=["simulated", pytest.param("asterisk", marks=pytest.mark.asterisk)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    world: World = SimulatedWorld() if request.param == "simulated" else AsteriskWorld(tmp_path)
    yield world
    await world.settle()
    check_invariants(world)
