"""The little hotline of the scenarios: one number, one menu, one queue, three agents."""

from typing import Any

from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Play, Tree
from routing.queue import Queue

NUMBER = "10086"
QUEUE = "enquiry"
AGENTS = ("1001", "1002", "1003")


def hotline(*, agents: tuple[str, ...] = AGENTS, site: dict[str, Any] | None = None, **queue: Any) -> Site:
    """Keyword arguments change the queue, `site` the site itself. Rings are whole seconds, as a PBX dials."""
    queue = {"ring_timeout_s": 3.0, "wrap_up_s": 0.0, **queue}
    tree = Tree(
        "greeting",
        {
            "greeting": Play(("welcome",), then="main"),
            "main": Menu(("menu",), keys={"0": "agent", "9": "bye"}, default="agent", tries=1, first_timeout_s=2.0),
            "agent": EnterQueue(QUEUE, topic="general"),
            "bye": HangUp("goodbye"),
        },
    )
    return Site(
        queues={QUEUE: Queue(QUEUE, **queue)},
        agents={agent_id: AgentProfile(agent_id) for agent_id in agents},
        entries={NUMBER: tree},
        not_ready_reasons={"1": "break"},
        **(site or {}),
    )
