"""Each scenario runs in every world there is, and leaves it clean."""

from collections.abc import AsyncIterator

import pytest

from tests.contract.invariants import check_invariants
from tests.contract.simulated_world import SimulatedWorld
from tests.contract.world import World


@pytest.fixture(params=["simulated"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    world: World = SimulatedWorld()
    yield world
    await world.settle()
    check_invariants(world)
