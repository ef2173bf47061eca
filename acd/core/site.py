"""The site as the engine needs it: plain values, made by `config` from the supervisors' YAML."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.tree import Tree
from routing.queue import Queue
from routing.score import OVERTAKEN_S_MAX

# The PBX's own queue for callers who have not chosen one when the switch goes away; every agent serves it then.
FALLBACK_QUEUE = "default"


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent (话务员), known by a work number. `name` is for supervisors; callers never hear it. `skills` are levels
    from 1 to 100, `group` is where the agent belongs, `rank` the place in the list of agents, from 0."""

    agent_id: str
    name: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    group: str = ""
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that is configured and that decisions depend on.

    `entries` maps a dialled number to the tree that greets its callers. `not_ready_reasons` maps the digit of the
    feature code to the site's reason. `no_answer_recovery_s`: an agent made not_ready by an unanswered ring
    becomes ready again after so many seconds; None: only by the agent's own word. `device_recovery`: an agent
    made not_ready by a dead phone becomes ready when the phone is back. `overtaken_s_max`: see `routing.score`.
    `version` is the number under which the configuration is kept, 0 if it is not.
    """

    name: str = "hotline"
    queues: Mapping[str, Queue] = field(default_factory=dict)
    agents: Mapping[str, AgentProfile] = field(default_factory=dict)
    entries: Mapping[str, Tree] = field(default_factory=dict)
    not_ready_reasons: Mapping[str, str] = field(default_factory=dict)
    no_answer_recovery_s: float | None = None
    device_recovery: bool = True
    ringing_deadline_s: float = 2.0
    wrap_up_s_max: float = 600.0
    overtaken_s_max: float = OVERTAKEN_S_MAX
    version: int = 0

    def queues_served(self, agent_id: str) -> list[str]:
        """The queues whose calls the agent takes from the beginning."""
        agent = self.agents[agent_id]
        return [
            queue_id for queue_id, queue in self.queues.items()
            if queue.requirement.met_by(agent.skills, (agent.group,))
        ]  # fmt: skip
