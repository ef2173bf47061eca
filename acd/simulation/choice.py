"""Who may be rung and who should be, worked out anew from the site and the agents alone: what the floor's choices are
held to. The rules of `routing.requirement` and `routing.strategy` are said here once more, on purpose."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from acd.core.agent import Agent
from acd.core.floor import Floor
from acd.simulation.broken import BrokenError
from routing.pool import Pool
from routing.requirement import Requirement

# Who comes first, of strategies whose figure is the same before the ring and after.
FIRST: Final[Mapping[str, Callable[[Agent, Requirement], tuple[Any, ...]]]] = {
    "longest_idle": lambda agent, asked: (agent.idle_since, agent.agent_id),
    "best_skill": lambda agent, asked: (-_level(agent, asked), agent.idle_since, agent.agent_id),
    "top_down": lambda agent, asked: (agent.rank, agent.agent_id),
    "fewest_calls": lambda agent, asked: (agent.calls_answered, agent.idle_since, agent.agent_id),
    "least_talk_time": lambda agent, asked: (agent.talked_s, agent.idle_since, agent.agent_id),
}


def _level(agent: Agent, asked: Requirement) -> int:
    return sum(agent.profile.skills.get(skill, 0) for skill, _ in asked.skills)


def check_may_answer(floor: Floor, agent_id: str, asked: Requirement, call_id: str) -> None:
    """The site gives the agent all that the call asks for."""
    profile = floor.site.agents.get(agent_id)
    if profile is None:
        raise BrokenError("order", f"{agent_id}, whom the site does not have, rings for {call_id}")
    low = [skill for skill, level in asked.skills if profile.skills.get(skill, 0) < level]
    if low or (asked.groups and profile.group not in asked.groups):
        has = ", ".join(f"{skill} {level}" for skill, level in sorted(profile.skills.items()))
        raise BrokenError("order", f"{agent_id} rings for {call_id}, who asks for {asked}: has {has}, {profile.group}")


class Choices:
    """`note` each ring in order, then `check` those of a step when it is over."""

    def __init__(self) -> None:
        self._rings = 0
        self._last_ring: dict[Pool, dict[str, int]] = {}

    def forget(self) -> None:
        """Another core has begun: the turns of round_robin begin anew."""
        self._last_ring.clear()

    def note(self, pool: Pool, agent_id: str) -> int:
        """Returns the agent's last ring before this one, 0 for none."""
        self._rings += 1
        turns = self._last_ring.setdefault(pool, {})
        before = turns.get(agent_id, 0)
        turns[agent_id] = self._rings
        return before

    def check(self, floor: Floor, pool: Pool, asked: Requirement, agent: Agent, before: int, call_id: str) -> None:
        """Nobody who should have been rung is left in line. `before` is what `note` gave."""
        key = FIRST.get(pool.strategy)
        for end in (0, -1) if key is not None and len(pool.idle) else ():
            other = floor.agents[pool.idle[end][-1]]
            assert key is not None, "checked above"
            if key(other, asked) < key(agent, asked):
                raise BrokenError(
                    "order", f"{agent.agent_id} rings for {call_id}; by {pool.strategy} {other.agent_id} comes first"
                )
        if pool.strategy == "round_robin":
            turns = self._last_ring.get(pool, {})
            for idle in pool.idle:
                if (turns.get(idle[-1], 0), idle[-1]) < (before, agent.agent_id):
                    raise BrokenError("order", f"{agent.agent_id} rings for {call_id}; it is the turn of {idle[-1]}")
