"""Walks through a tree: what is said, where keys lead, and that every walk ends."""

from hypothesis import given
from hypothesis import strategies as st

from ivr.interpreter import Say, Walk
from ivr.tree import EnterQueue, HangUp, Menu, Play, Tree

MAIN = Menu(
    ("menu",), keys={"1": "billing", "9": "bye", "#": "main"}, default="agent", tries=2, first_timeout_s=4.0,
    wrong_key="wrong", no_key="silence",
)  # fmt: skip
TREE = Tree(
    "greeting",
    {
        "greeting": Play(("hello", "welcome"), then="main"),
        "main": MAIN,
        "billing": EnterQueue("billing", "话费"),
        "agent": EnterQueue("enquiry"),
        "bye": HangUp("goodbye"),
    },
)


def at_the_menu() -> Walk:
    walk = Walk(TREE)
    assert walk.start() == Say(("hello", "welcome"))
    assert walk.ended("") == Say(("menu",), digits_max=1, first_timeout_s=4.0)
    return walk


def test_a_key_leads_on_and_is_kept_in_the_path() -> None:
    walk = at_the_menu()
    assert walk.ended("1") == EnterQueue("billing", "话费")
    assert walk.path == ["greeting", "main", "main:1", "billing"]


def test_a_wrong_key_and_then_none_lead_to_the_default() -> None:
    walk = at_the_menu()
    assert walk.ended("7") == Say(("wrong", "menu"), digits_max=1, first_timeout_s=4.0)
    assert walk.ended("") == EnterQueue("enquiry")


def test_no_key_is_told_apart_from_a_wrong_one() -> None:
    assert at_the_menu().ended("") == Say(("silence", "menu"), digits_max=1, first_timeout_s=4.0)


def test_a_menu_that_cannot_be_played_goes_to_its_default_at_once() -> None:
    assert at_the_menu().ended("", failed=True) == EnterQueue("enquiry")


def test_a_menu_entered_again_begins_to_count_again() -> None:
    walk = at_the_menu()
    walk.ended("7")
    assert walk.ended("#") == Say(("menu",), digits_max=1, first_timeout_s=4.0)
    assert walk.ended("7") == Say(("wrong", "menu"), digits_max=1, first_timeout_s=4.0)


@given(st.lists(st.sampled_from(["", "1", "2", "9", "*", "0", "12", "x"]), min_size=3, max_size=20))
def test_any_keys_end_within_a_bound_of_steps(keys: list[str]) -> None:
    """Without a key that leads back by the caller's own choice, nobody is asked more than `tries` times."""
    walk = Walk(TREE)
    action = walk.start()
    steps = 0
    for key in keys:
        if not isinstance(action, Say):
            break
        action = walk.ended(key)
        steps += 1
    assert not isinstance(action, Say)
    assert steps <= 1 + MAIN.tries
