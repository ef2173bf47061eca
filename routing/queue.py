"""A queue as the site's supervisors describe it: a value, without the calls that wait in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.requirement import Requirement
from routing.step import Step
from routing.strategy import LONGEST_IDLE


@dataclass(frozen=True, slots=True)
class Queue:
    """How calls of one kind are distributed.

    `names` maps a language (`zh`, `en`) to what people read. `skills` and `groups` are what an agent must have;
    `strategy` chooses among those who do. Of all calls that an agent could take the one with the highest score comes
    first: minutes waited times `weight`, and its priority. `steps` are in the order of their times.
    `wrap_up_s` of None means that the agent ends the wrap-up; 0 means none. `wait_s_max` of None lets callers wait for
    as long as they like.
    """

    queue_id: str
    names: Mapping[str, str] = field(default_factory=dict)
    skills: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    strategy: str = LONGEST_IDLE
    weight: float = 1.0
    steps: tuple[Step, ...] = ()
    ring_timeout_s: float = 12.0
    wrap_up_s: float | None = 20.0
    length_max: int = 500
    wait_s_max: float | None = None
    service_level_threshold_s: float = 20.0
    service_level_target: float = 0.8
    short_abandon_s: float = 5.0
    priority: int = 0
    music: str = "default"

    @property
    def requirement(self) -> Requirement:
        """What is asked before any step is taken."""
        return Requirement.of(self.skills, self.groups)
