"""A bug to plant: it makes one function wrong in a way that a person might. A simulated day must notice."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from acd.core.deadlines import Deadlines

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True, slots=True)
class Planted:
    """`caught_by` names the invariants of `acd.simulation.broken` that may notice first."""

    name: str
    caught_by: frozenset[str]
    plant: Plant


class Bugs(list[Planted]):
    """Those of one file, in its order."""

    def planted(self, *caught_by: str) -> Callable[[Plant], Plant]:
        def add(plant: Plant) -> Plant:
            self.append(Planted(plant.__name__, frozenset(caught_by), plant))
            return plant

        return add


def never_set(patch: pytest.MonkeyPatch, kind: str) -> None:
    """No deadline of this kind is ever set."""
    original = Deadlines.set

    def set_but_one(self: Deadlines, what: str, subject: str, at: float) -> None:
        if what != kind:
            original(self, what, subject, at)

    patch.setattr(Deadlines, "set", set_but_one)
