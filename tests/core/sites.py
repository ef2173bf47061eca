"""Small sites for tests of the core."""

from collections.abc import Mapping
from typing import Any

from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue
from routing.step import Step

AGENTS = ("1001", "1002", "1003")


def two_queues(
    wrap_up_s: float | None = 0.0,
    recovery_s: float | None = None,
    without: str = "",
    moved: bool = False,
    one_queue: bool = False,
) -> Site:
    """Agents 1001 and 1002 serve `general` (1002 and 1003 `billing`); `moved`: the other way round."""
    served = {"1001": ("general",), "1002": ("general", "billing"), "1003": ("billing",)}
    if moved:
        served = {"1001": ("billing",), "1002": ("general",), "1003": ("general", "billing")}
    queues = {
        "general": Queue(
            "general", skills={"general": 50}, ring_timeout_s=4.0, wrap_up_s=wrap_up_s, length_max=3, wait_s_max=30.0
        ),
        "billing": Queue("billing", skills={"billing": 50}, ring_timeout_s=6.0, wrap_up_s=wrap_up_s, priority=1),
    }
    if one_queue:
        del queues["billing"]
        served = dict.fromkeys(served, ("general",))
    last = "billing" if "billing" in queues else "general"
    nodes: dict[str, Node] = {
        "welcome": Play(("welcome",), then="menu"),
        "menu": Menu(("menu",), keys={"0": "general", "1": last, "9": "bye"}, default="general", first_timeout_s=1.0),
        "general": EnterQueue("general"),
        "billing": EnterQueue("billing"),
        "bye": HangUp("goodbye"),
    }
    return Site(
        queues=queues,
        agents={a: AgentProfile(a, skills=dict.fromkeys(ids, 50)) for a, ids in served.items() if a != without},
        entries={"10086": Tree("welcome", nodes), "10010": Tree(last, nodes)},
        not_ready_reasons={"1": "break"},
        no_answer_recovery_s=recovery_s,
    )


def hotline(
    *queues: Queue, agents: Mapping[str, Mapping[str, int]], groups: Mapping[str, str] | None = None, **site: Any
) -> Site:
    """These queues and agents, listed in this order with their skills; an agent's group is `inbound` unless `groups`
    says another. Who dials a queue's name goes straight there."""
    return Site(
        queues={queue.queue_id: queue for queue in queues},
        agents={
            agent_id: AgentProfile(agent_id, skills=skills, group=(groups or {}).get(agent_id, "inbound"), rank=rank)
            for rank, (agent_id, skills) in enumerate(agents.items())
        },
        entries={queue.queue_id: Tree("in", {"in": EnterQueue(queue.queue_id)}) for queue in queues},
        not_ready_reasons={"1": "break"},
        **site,
    )


FOUR = {"1001": {"billing": 80}, "1002": {"billing": 40}, "1003": {"billing": 80}, "1004": {"english": 50}}


def four_agents(*queues: Queue, **site: Any) -> Site:
    """All `inbound` but 1003, who is of `quality`."""
    return hotline(*queues, agents=FOUR, groups={"1003": "quality"}, **site)


def billing(*steps: Step, **more: Any) -> Queue:
    """skills: {billing: 60}, groups: [inbound]: of the four agents, 1001 alone."""
    return Queue(
        "billing", skills={"billing": 60}, groups=("inbound",), steps=steps, ring_timeout_s=6.0, wrap_up_s=0.0, **more
    )


def english(**more: Any) -> Queue:
    """skills: {english: 50}: of the four agents, 1004."""
    return Queue("english", skills={"english": 50}, ring_timeout_s=9.0, wrap_up_s=0.0, **more)
