"""The hotline of the simulated days: two numbers, four queues, two dozen agents of overlapping skills, in the versions
that its supervisors save while calls go on."""

import dataclasses
from functools import cache

from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue

MENU_NUMBER, DIRECT_NUMBER, UNKNOWN_NUMBER = "10086", "10010", "404"
ENQUIRY, BILLING, COMPLAINTS, ROAMING = "enquiry", "billing", "complaints", "roaming"
VERSIONS = 4

AGENTS: dict[str, tuple[str, ...]] = {
    **{f"{1001 + n}": (ENQUIRY,) for n in range(8)},
    **{f"{1101 + n}": (ENQUIRY, BILLING) for n in range(8)},
    **{f"{1201 + n}": (BILLING, COMPLAINTS) for n in range(5)},
    **{f"{1301 + n}": (ROAMING, ENQUIRY) for n in range(3)},
}
REMOVED = "1008"
MOVED = "1101"


@cache
def make_site(version: int) -> Site:
    """Version 0 is the first; 1 has shorter rings and longer wrap-ups; 2 lacks an agent, has moved another and lets
    fewer wait; 3 has no roaming queue."""
    queues = {
        ENQUIRY: Queue(ENQUIRY, ring_timeout_s=8.0, wrap_up_s=3.0, length_max=60),
        BILLING: Queue(BILLING, ring_timeout_s=10.0, wrap_up_s=4.0, priority=1, wait_s_max=75.0),
        COMPLAINTS: Queue(COMPLAINTS, ring_timeout_s=8.0, wrap_up_s=None, wait_s_max=150.0),
        ROAMING: Queue(ROAMING, ring_timeout_s=12.0, wrap_up_s=0.0, length_max=8),
    }
    served = dict(AGENTS)
    if version == 1:
        queues[ENQUIRY] = dataclasses.replace(queues[ENQUIRY], ring_timeout_s=6.0, wrap_up_s=5.0)
    if version == 2:
        del served[REMOVED]
        served[MOVED] = (BILLING, COMPLAINTS)
        queues[ENQUIRY] = dataclasses.replace(queues[ENQUIRY], length_max=12)
    if version == 3:
        del queues[ROAMING]
        served = {agent_id: tuple(q for q in queue_ids if q != ROAMING) for agent_id, queue_ids in served.items()}
    return Site(
        queues=queues,
        agents={agent_id: AgentProfile(agent_id, queue_ids=queue_ids) for agent_id, queue_ids in served.items()},
        entries=_entries(ROAMING if ROAMING in queues else ENQUIRY),
        not_ready_reasons={"1": "break"},
        no_answer_recovery_s=15.0,
    )


def _entries(roaming: str) -> dict[str, Tree]:
    nodes: dict[str, Node] = {
        "welcome": Play(("welcome",), then="menu"),
        "menu": Menu(
            ("menu",), keys={"0": "enquiry", "1": "billing", "2": "complaints", "3": "roaming", "9": "bye"},
            default="enquiry", first_timeout_s=2.0,
        ),
        "enquiry": EnterQueue(ENQUIRY, topic="enquiry"),
        "billing": EnterQueue(BILLING, topic="billing"),
        "complaints": EnterQueue(COMPLAINTS, topic="complaint"),
        "roaming": EnterQueue(roaming, topic="roaming"),
        "bye": HangUp("goodbye"),
    }  # fmt: skip
    return {MENU_NUMBER: Tree("welcome", nodes), DIRECT_NUMBER: Tree("enquiry", nodes)}
