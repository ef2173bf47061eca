"""Who takes part in the demo, and where they call from. That it runs is seen on the real Asterisk (acceptance)."""

import pytest

from acd.cli.demo import DemoError, choose_agents, choose_hosts, useful_keys
from acd.core.site import AgentProfile, Site
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue


def agent(agent_id: str, *queues: str) -> AgentProfile:
    return AgentProfile(agent_id, "", dict.fromkeys(queues, 50))


def test_few_agents_still_serve_every_queue() -> None:
    agents = [agent("1001", "a"), agent("1002", "a"), agent("1003", "a", "b"), agent("1004", "c")]
    queues = {name: Queue(name, skills={name: 50}) for name in "abc"}
    site = Site(queues=queues, agents={each.agent_id: each for each in agents})
    assert choose_agents(site, 2) == ["1003", "1004"]
    assert choose_agents(site, 3) == ["1001", "1003", "1004"]
    assert choose_agents(site, 9) == ["1001", "1002", "1003", "1004"]


def test_callers_press_keys_as_often_as_there_are_agents_behind_them() -> None:
    menu = Menu(("menu",), {"1": "one", "2": "two", "3": "bye", "4": "nobody"}, default="one")
    nodes: dict[str, Node] = {
        "greeting": Play(("hello",), "menu"), "menu": menu, "one": EnterQueue("a"), "two": EnterQueue("b"),
        "bye": HangUp(), "nobody": EnterQueue("c"),
    }  # fmt: skip
    assert useful_keys(Tree("greeting", nodes), ["a", "b", "a"]) == ["1", "1", "2"]


def test_a_tree_without_a_menu_wants_no_keys() -> None:
    assert useful_keys(Tree("queue", {"queue": EnterQueue("a")}), ["a"]) == []


def test_callers_come_from_the_trunk_and_agents_do_not() -> None:
    assert choose_hosts(["198.51.100.0/24", "127.0.0.2"]) == ("127.0.0.2", "127.0.0.3")
    assert choose_hosts(["127.0.0.3"]) == ("127.0.0.3", "127.0.0.4")


@pytest.mark.parametrize("addresses", [[], ["198.51.100.7"], ["127.0.0.0/8"]])
def test_without_a_trunk_for_them_it_says_what_to_add(addresses: list[str]) -> None:
    with pytest.raises(DemoError, match=r"add `loopback: \{addresses: \[127.0.0.2\]\}`"):
        choose_hosts(addresses)
