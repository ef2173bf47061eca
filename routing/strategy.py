"""The choice of an agent: by which figure, and the ties.

| strategy | rung first | ties |
|---|---|---|
| longest_idle | who has been free for calls the longest | work number |
| best_skill | who has the most of the skills asked for, levels added up | longest idle, work number |
| round_robin | whose last ring for such a call is the longest ago; who never had one first | work number |
| top_down | who is listed first | work number |
| fewest_calls | who has answered the fewest calls since log-in | longest idle, work number |
| least_talk_time | who has talked the least since log-in | longest idle, work number |
| least_occupied | whose share of busy time since log-in was the least as they became free | longest idle, work number |
| random | drawn anew for each call, everybody alike; the same moment and the same agents give the same draw | none |

All that is compared stands still while an agent is free, so that the free agents can be kept in line.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final, Protocol

from routing.line import Key
from routing.requirement import Requirement


class Candidate(Protocol):
    """What is known of an agent who is free. `occupancy` is 0 to 1, `rank` counts from the first one listed."""

    @property
    def agent_id(self) -> str: ...

    @property
    def idle_since(self) -> float: ...

    @property
    def rank(self) -> int: ...

    @property
    def skills(self) -> Mapping[str, int]: ...

    @property
    def calls_answered(self) -> int: ...

    @property
    def talked_s(self) -> float: ...

    @property
    def occupancy(self) -> float: ...


def _most_skilled(asked: Requirement, agent: Candidate) -> Key:
    return -sum(agent.skills.get(name, 0) for name, _ in asked.skills), agent.idle_since, agent.agent_id


def draw(seed: str, among: int) -> int:
    """A number from 0 below `among`. The same seed gives the same, and seeds that differ in a digit give any."""
    return int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big") % among


LONGEST_IDLE, ROUND_ROBIN, RANDOM = "longest_idle", "round_robin", "random"

# The key of a free agent in line: what is compared first, the work number last. `turn` counts the rings for such calls
# up to the agent's last, 0 before the first. Of those in line for `random` any may be drawn.
KEYS: Final[Mapping[str, Callable[[Requirement, Candidate, int], Key]]] = {
    LONGEST_IDLE: lambda asked, agent, turn: (agent.idle_since, agent.agent_id),
    "best_skill": lambda asked, agent, turn: _most_skilled(asked, agent),
    ROUND_ROBIN: lambda asked, agent, turn: (turn, agent.agent_id),
    "top_down": lambda asked, agent, turn: (agent.rank, agent.agent_id),
    "fewest_calls": lambda asked, agent, turn: (agent.calls_answered, agent.idle_since, agent.agent_id),
    "least_talk_time": lambda asked, agent, turn: (agent.talked_s, agent.idle_since, agent.agent_id),
    "least_occupied": lambda asked, agent, turn: (agent.occupancy, agent.idle_since, agent.agent_id),
    RANDOM: lambda asked, agent, turn: (agent.agent_id,),
}

# What a decision says of the figure that was compared: how it comes from the key's first part, and its text.
FIGURES: Final[Mapping[str, tuple[Callable[[float, float], float], str]]] = {
    LONGEST_IDLE: (lambda since, now: now - since, "idle {:.1f} s"),
    "best_skill": (lambda minus, now: -minus, "level {:.0f}"),
    ROUND_ROBIN: (lambda turn, now: turn, "turn {:.0f}"),
    "top_down": (lambda rank, now: rank, "rank {:.0f}"),
    "fewest_calls": (lambda calls, now: calls, "{:.0f} calls"),
    "least_talk_time": (lambda talked, now: talked, "talked {:.0f} s"),
    "least_occupied": (lambda occupancy, now: 100 * occupancy, "occupied {:.0f} %"),
    RANDOM: (lambda drawn, now: drawn, "drew {:.0f}"),
}
