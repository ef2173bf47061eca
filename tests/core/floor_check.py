"""What is true of the floor after every event: the recount of the simulated days serves the tests of the core too."""

from acd.simulation.recount import recount as check_floor

__all__ = ["check_floor"]
