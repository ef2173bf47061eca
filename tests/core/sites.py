"""Small sites for tests of the core."""

from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue

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
        "general": Queue("general", ring_timeout_s=4.0, wrap_up_s=wrap_up_s, length_max=3, wait_s_max=30.0),
        "billing": Queue("billing", ring_timeout_s=6.0, wrap_up_s=wrap_up_s, priority=1),
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
        agents={a: AgentProfile(a, queue_ids=queue_ids) for a, queue_ids in served.items() if a != without},
        entries={"10086": Tree("welcome", nodes), "10010": Tree(last, nodes)},
        not_ready_reasons={"1": "break"},
        no_answer_recovery_s=recovery_s,
    )
