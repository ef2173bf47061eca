"""What a call asks of an agent: skills at levels, one of several groups, and how a step asks for less."""

from hypothesis import given
from hypothesis import strategies as st

from routing.requirement import Requirement

SKILLS = ("billing", "english", "roaming")
GROUPS = ("inbound", "outbound", "quality")

levels = st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 100), max_size=3)
groups = st.sets(st.sampled_from(GROUPS), max_size=3)


def test_each_skill_is_asked_for_at_its_level_or_better() -> None:
    asked = Requirement.of({"billing": 50, "english": 30})
    assert asked.met_by({"billing": 50, "english": 30}, ())
    assert asked.met_by({"billing": 51, "english": 100, "roaming": 1}, ())
    assert not asked.met_by({"billing": 49, "english": 100}, ())
    assert not asked.met_by({"billing": 100}, ())


def test_one_of_the_groups_is_enough() -> None:
    asked = Requirement.of({"billing": 50}, ["inbound", "quality"])
    assert asked.met_by({"billing": 50}, ("quality",))
    assert not asked.met_by({"billing": 100}, ("outbound",))
    assert not asked.met_by({"billing": 100}, ())
    assert not asked.met_by({"billing": 49}, ("inbound",))


def test_a_queue_without_groups_asks_for_none() -> None:
    assert Requirement.of({"billing": 50}).met_by({"billing": 50}, ("anywhere",))
    assert Requirement().met_by({}, ())


def test_a_level_of_nought_asks_for_nothing() -> None:
    assert Requirement.of({"billing": 0}) == Requirement()
    assert Requirement.of({"billing": 0}).met_by({}, ())


def test_the_order_in_which_it_was_written_is_no_difference() -> None:
    """So queues that ask for the same share a pool."""
    one = Requirement.of({"billing": 50, "english": 30}, ["quality", "inbound"])
    other = Requirement.of({"english": 30, "billing": 50}, ["inbound", "quality"])
    assert one == other
    assert hash(one) == hash(other)
    assert str(one) == "billing 50, english 30, group inbound or quality"
    assert str(Requirement()) == "anybody"


def test_a_step_lowers_levels_and_lets_more_groups_answer() -> None:
    asked = Requirement.of({"billing": 60, "english": 30}, ["inbound"])
    assert asked.widened({"billing": 40}, ["quality"]) == Requirement.of(
        {"billing": 40, "english": 30}, ["inbound", "quality"]
    )
    assert asked.widened({"english": 0}, ()) == Requirement.of({"billing": 60}, ["inbound"])
    assert asked.widened({}, ()) == asked


def test_a_step_never_asks_for_more() -> None:
    asked = Requirement.of({"billing": 60})
    assert asked.widened({"billing": 80}, ()) == asked
    assert asked.widened({"roaming": 50}, ()) == asked
    # Everybody could answer before; naming a group must not shut out the others.
    assert asked.widened({}, ["quality"]) == asked


@given(levels, groups, levels, groups, levels, st.sampled_from(GROUPS))
def test_whoever_met_it_before_a_step_meets_it_after(
    asked: dict[str, int],
    asked_groups: set[str],
    lower: dict[str, int],
    more: set[str],
    has: dict[str, int],
    group: str,
) -> None:
    before = Requirement.of(asked, asked_groups)
    after = before.widened(lower, more)
    assert not before.met_by(has, (group,)) or after.met_by(has, (group,))
    by_hand = all(has.get(s, 0) >= min(level, lower.get(s, level)) for s, level in asked.items())
    assert after.met_by(has, (group,)) == (by_hand and (not asked_groups or group in asked_groups | more))
