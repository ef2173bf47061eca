"""What a call asks of the agent who is to answer it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Requirement:
    """Each of `skills` at its level (1 to 100) or better, and membership in one of `groups`; empty: nothing is asked.

    A skill that an agent lacks is one at level 0; a level of 0 asks for nothing and is left out.
    """

    skills: tuple[tuple[str, int], ...] = ()
    groups: frozenset[str] = frozenset()

    @classmethod
    def of(cls, skills: Mapping[str, int], groups: Iterable[str] = ()) -> Self:
        return cls(tuple(sorted((name, level) for name, level in skills.items() if level > 0)), frozenset(groups))

    def met_by(self, skills: Mapping[str, int], groups: Collection[str]) -> bool:
        if self.groups and self.groups.isdisjoint(groups):
            return False
        return all(skills.get(name, 0) >= level for name, level in self.skills)

    def widened(self, lower: Mapping[str, int], groups: Iterable[str]) -> "Requirement":
        """The same with some skills at a lower level, and members of more groups. It never asks for more."""
        levels = {name: min(level, lower.get(name, level)) for name, level in self.skills}
        return Requirement.of(levels, self.groups.union(groups) if self.groups else ())

    def __str__(self) -> str:
        asked = [f"{name} {level}" for name, level in self.skills]
        if self.groups:
            asked.append("group " + " or ".join(sorted(self.groups)))
        return ", ".join(asked) or "anybody"
