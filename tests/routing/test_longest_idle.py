"""The choice of an agent: the longest idle, ties by work number, and the reason in words."""

from hypothesis import given
from hypothesis import strategies as st

from routing.longest_idle import RUNNERS_UP_MAX, choose_agent


def test_the_longest_idle_is_chosen_and_the_next_are_named() -> None:
    idle = [(10.0, "1003"), (12.0, "1001"), (15.0, "1002"), (16.0, "1004"), (17.0, "1005")]
    decision = choose_agent(idle, {"on_call": 3, "not_ready": 1}, now=20.0)
    assert (decision.agent_id, decision.figure, decision.eligible) == ("1003", 10.0, 5)
    assert decision.runners_up == (("1001", 8.0), ("1002", 5.0), ("1004", 4.0))
    assert str(decision) == (
        "1003 by longest_idle: idle 10.0 s, first of 5 eligible (next 1001 8.0 s, 1002 5.0 s, 1004 4.0 s)"
        "; passed over: 1 not_ready, 3 on_call"
    )


def test_nobody_says_what_keeps_everybody_out() -> None:
    decision = choose_agent([], {"wrap_up": 2, "phone_unreachable": 1}, now=5.0)
    assert decision.agent_id is None
    assert str(decision) == "nobody eligible (longest_idle); passed over: 1 phone_unreachable, 2 wrap_up"


IDLE = st.tuples(st.floats(0, 1e6), st.integers(1000, 1099).map(str))


@given(st.lists(IDLE, min_size=1, max_size=30, unique_by=lambda agent: agent[1]))
def test_no_one_has_been_idle_longer_and_ties_go_to_the_lower_number(idle: list[tuple[float, str]]) -> None:
    decision = choose_agent(sorted(idle), {}, now=1e6)
    longest = min(at for at, _ in idle)
    assert decision.agent_id == min(agent for at, agent in idle if at == longest)
    assert decision.eligible == len(idle)
    assert len(decision.runners_up) == min(RUNNERS_UP_MAX, len(idle) - 1)
