"""All pools of a site, found by what is asked and by who meets it."""

from collections.abc import Collection, Iterator, Mapping

from routing.pool import Pool
from routing.requirement import Requirement


class Pools:
    """One pool for each requirement and strategy that was asked for."""

    def __init__(self) -> None:
        self._pools: dict[tuple[Requirement, str], Pool] = {}
        # A pool stands under one of the skills that it asks for, so that agents without that skill need not be looked
        # at; under "" if it asks for none.
        self._by_skill: dict[str, list[Pool]] = {}

    def __iter__(self) -> Iterator[Pool]:
        return iter(self._pools.values())

    def find(self, requirement: Requirement, strategy: str) -> Pool | None:
        return self._pools.get((requirement, strategy))

    def add(self, requirement: Requirement, strategy: str) -> Pool:
        pool = self._pools[requirement, strategy] = Pool(requirement, strategy)
        self._by_skill.setdefault(_stands_under(requirement), []).append(pool)
        return pool

    def remove(self, pool: Pool) -> None:
        del self._pools[pool.requirement, pool.strategy]
        self._by_skill[_stands_under(pool.requirement)].remove(pool)

    def met_by(self, skills: Mapping[str, int], groups: Collection[str]) -> list[Pool]:
        """Those that an agent with these skills and groups is in."""
        return [
            pool
            for skill in ("", *skills)
            for pool in self._by_skill.get(skill, ())
            if pool.requirement.met_by(skills, groups)
        ]


def _stands_under(requirement: Requirement) -> str:
    return requirement.skills[0][0] if requirement.skills else ""
