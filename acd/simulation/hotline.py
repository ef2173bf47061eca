"""The hotline of the simulated days: two numbers, four queues, agents of overlapping skills, in the versions that its
supervisors save while calls go on.

There are too few agents for the rush, and steps come within seconds, so that some hundreds of callers a day take them,
go on to other queues and become overdue."""

import dataclasses
from functools import cache

from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue
from routing.step import Step

MENU_NUMBER, DIRECT_NUMBER, UNKNOWN_NUMBER = "10086", "10010", "404"
ENQUIRY, BILLING, COMPLAINTS, ROAMING = "enquiry", "billing", "complaints", "roaming"
VERSIONS = 4

FLOOR, BACK_OFFICE = "inbound", "quality"
AGENTS: dict[str, dict[str, int]] = {
    **{f"{1001 + n}": {ENQUIRY: 60 + n} for n in range(5)},
    **{f"{1101 + n}": {ENQUIRY: 50, BILLING: 50 + 5 * n} for n in range(5)},
    **{f"{1201 + n}": {BILLING: 70, COMPLAINTS: 50} for n in range(3)},
    **{f"{1301 + n}": {ROAMING: 50, ENQUIRY: 30, COMPLAINTS: 50} for n in range(3)},
}
IN_BACK_OFFICE = frozenset({"1301", "1302", "1303"})
REMOVED = "1005"
MOVED = "1101"


@cache
def make_site(version: int) -> Site:
    """Version 0 is the first; 1 has shorter rings and longer wrap-ups; 2 lacks an agent, has moved another and lets
    fewer wait; 3 has no roaming queue. Every queue widens, each in another way, and chooses its agents by another
    strategy, which changes with the versions."""
    queues = {
        ENQUIRY: Queue(
            ENQUIRY, skills={ENQUIRY: 50}, groups=(FLOOR,), ring_timeout_s=8.0, wrap_up_s=3.0, length_max=60,
            steps=(Step(7.3, lower={ENQUIRY: 20}, groups=(BACK_OFFICE,)), Step(16.0, priority=3)),
        ),
        BILLING: Queue(
            BILLING, skills={BILLING: 65}, strategy="best_skill", ring_timeout_s=10.0, wrap_up_s=4.0, priority=1,
            wait_s_max=50.0, steps=(Step(5.0, lower={BILLING: 50}), Step(14.0, overflow_to=ENQUIRY)),
        ),
        COMPLAINTS: Queue(
            COMPLAINTS, skills={COMPLAINTS: 50}, groups=(FLOOR,), strategy="fewest_calls", ring_timeout_s=8.0,
            wrap_up_s=None, wait_s_max=40.0, steps=(Step(8.0, groups=(BACK_OFFICE,), priority=2),),
        ),
        ROAMING: Queue(
            ROAMING, skills={ROAMING: 50}, strategy="round_robin", weight=1.5, ring_timeout_s=12.0, wrap_up_s=0.0,
            length_max=8, steps=(Step(9.0, overflow_to=ENQUIRY),),
        ),
    }  # fmt: skip
    skilled = dict(AGENTS)
    if version == 1:
        queues[ENQUIRY] = dataclasses.replace(queues[ENQUIRY], ring_timeout_s=6.0, wrap_up_s=5.0, steps=())
        queues[BILLING] = dataclasses.replace(queues[BILLING], strategy="least_occupied")
        queues[ROAMING] = dataclasses.replace(queues[ROAMING], strategy="random")
    if version == 2:
        del skilled[REMOVED]
        skilled[MOVED] = {BILLING: 90, COMPLAINTS: 60}
        queues[ENQUIRY] = dataclasses.replace(queues[ENQUIRY], length_max=7)
        queues[COMPLAINTS] = dataclasses.replace(queues[COMPLAINTS], strategy="top_down")
    if version == 3:
        del queues[ROAMING]
        queues[ENQUIRY] = dataclasses.replace(queues[ENQUIRY], strategy="least_talk_time")
    return Site(
        queues=queues,
        agents={
            agent_id: AgentProfile(
                agent_id, skills=skills, group=BACK_OFFICE if agent_id in IN_BACK_OFFICE else FLOOR, rank=rank
            )
            for rank, (agent_id, skills) in enumerate(skilled.items())
        },
        overtaken_s_max=25.0,
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
