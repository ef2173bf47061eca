"""The choice of an agent: each strategy, its ties, and the reason in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.decision import Decision
from routing.pool import RUNNERS_UP_MAX, Pool
from routing.requirement import Requirement
from routing.strategy import FIGURES, KEYS

BILLING = Requirement.of({"billing": 50})


@dataclass(frozen=True)
class Free:
    """An agent who is free, as `routing.strategy.Candidate`."""

    agent_id: str
    idle_since: float = 0.0
    rank: int = 0
    skills: Mapping[str, int] = field(default_factory=lambda: {"billing": 50})
    calls_answered: int = 0
    talked_s: float = 0.0
    occupancy: float = 0.0


def choose(strategy: str, *free: Free, now: float = 100.0, asked: Requirement = BILLING) -> Decision:
    pool = Pool(asked, strategy)
    for agent in free:
        pool.idle.add(pool.key_of(agent))
    return pool.choose_agent(now)


def order(decision: Decision) -> list[str]:
    assert decision.agent_id is not None
    return [decision.agent_id, *(agent_id for agent_id, _ in decision.runners_up)]


# ---- strategy: longest_idle ----


def test_longest_idle_rings_who_has_been_free_the_longest() -> None:
    free = [Free("1003", 10.0), Free("1001", 12.0), Free("1002", 15.0), Free("1004", 16.0), Free("1005", 17.0)]
    decision = choose("longest_idle", *free, now=20.0)
    assert (decision.agent_id, decision.rule, decision.figure, decision.eligible) == ("1003", "longest_idle", 10.0, 5)
    assert decision.runners_up == (("1001", 8.0), ("1002", 5.0), ("1004", 4.0))


def test_longest_idle_goes_by_the_work_number_in_a_tie() -> None:
    assert order(choose("longest_idle", Free("1002"), Free("1003", -1.0), Free("1001"))) == ["1003", "1001", "1002"]


# ---- strategy: best_skill ----


def test_best_skill_rings_who_is_best_at_what_is_asked() -> None:
    good, better = Free("1001", skills={"billing": 60}), Free("1002", idle_since=50.0, skills={"billing": 90})
    decision = choose("best_skill", good, better)
    assert (order(decision), decision.figure) == (["1002", "1001"], 90.0)


def test_best_skill_adds_the_levels_asked_for_and_no_others() -> None:
    asked = Requirement.of({"billing": 50, "english": 20})
    both, one = {"billing": 60, "english": 40}, {"billing": 75, "english": 20, "roaming": 100}
    decision = choose("best_skill", Free("1001", skills=one), Free("1002", skills=both), asked=asked)
    assert (order(decision), decision.figure) == (["1002", "1001"], 100.0)


def test_best_skill_goes_by_idle_time_then_the_work_number_in_a_tie() -> None:
    assert order(choose("best_skill", Free("1001", 20.0), Free("1003", 10.0), Free("1002", 20.0))) == [
        "1003", "1001", "1002",
    ]  # fmt: skip


def test_best_skill_of_a_queue_that_asks_for_none_is_longest_idle() -> None:
    skilled, idle = Free("1001", 20.0, skills={"billing": 99}), Free("1002", 10.0, skills={})
    assert order(choose("best_skill", skilled, idle, asked=Requirement())) == ["1002", "1001"]


# ---- strategy: round_robin ----


def ring(pool: Pool, free: dict[str, Free], now: float = 100.0) -> str:
    """Ring who is chosen, and who is free again at once."""
    chosen = pool.choose_agent(now).agent_id
    assert chosen is not None
    pool.idle.remove(pool.key_of(free[chosen]))
    pool.note_ring(chosen)
    pool.idle.add(pool.key_of(free[chosen]))
    return chosen


def round_robin(*agent_ids: str) -> tuple[Pool, dict[str, Free]]:
    pool, free = Pool(BILLING, "round_robin"), {agent_id: Free(agent_id) for agent_id in agent_ids}
    for agent in free.values():
        pool.idle.add(pool.key_of(agent))
    return pool, free


def test_round_robin_rings_everybody_in_turn() -> None:
    pool, free = round_robin("1002", "1003", "1001")
    assert [ring(pool, free) for _ in range(7)] == ["1001", "1002", "1003"] * 2 + ["1001"]


def test_round_robin_does_not_go_by_idle_time() -> None:
    pool, _ = round_robin("1001")
    pool.idle.add(pool.key_of(Free("1002", idle_since=-1e6)))
    assert pool.choose_agent(0.0).agent_id == "1001"


def test_round_robin_goes_on_with_who_was_rung_the_longest_ago_when_somebody_was_away() -> None:
    pool, free = round_robin("1001", "1002", "1003")
    assert ring(pool, free) == "1001"
    pool.idle.remove(pool.key_of(free["1002"]))
    assert [ring(pool, free) for _ in range(3)] == ["1003", "1001", "1003"]
    pool.idle.add(pool.key_of(free["1002"]))
    assert [ring(pool, free) for _ in range(3)] == ["1002", "1001", "1003"]


def test_round_robin_begins_with_who_never_had_a_ring() -> None:
    pool, free = round_robin("1001")
    ring(pool, free)
    pool.idle.add(pool.key_of(Free("1009")))
    pool.idle.add(pool.key_of(Free("1008")))
    assert order(pool.choose_agent(0.0)) == ["1008", "1009", "1001"]


# ---- strategies: top_down, fewest_calls, least_talk_time, least_occupied ----


def test_top_down_rings_who_is_listed_first() -> None:
    decision = choose("top_down", Free("1001", 0.0, rank=2), Free("1002", 50.0, rank=0), Free("1003", rank=1))
    assert (order(decision), decision.figure) == (["1002", "1003", "1001"], 0.0)


def test_top_down_goes_by_the_work_number_in_a_tie() -> None:
    assert order(choose("top_down", Free("1002", 0.0), Free("1001", 50.0))) == ["1001", "1002"]


@pytest.mark.parametrize(
    ("strategy", "make", "figure"),
    [
        ("fewest_calls", lambda agent_id, n, idle_since=0.0: Free(agent_id, idle_since, calls_answered=n), 3.0),
        ("least_talk_time", lambda agent_id, n, idle_since=0.0: Free(agent_id, idle_since, talked_s=n), 3.0),
        ("least_occupied", lambda agent_id, n, idle_since=0.0: Free(agent_id, idle_since, occupancy=n / 10), 30.0),
    ],
)
def test_who_has_done_the_least_is_rung(strategy: str, make: Callable[..., Free], figure: float) -> None:
    decision = choose(strategy, make("1001", 7), make("1002", 5), make("1003", 3, 50.0))
    assert (order(decision), decision.figure) == (["1003", "1002", "1001"], figure)
    ties = choose(strategy, make("1002", 3, 20.0), make("1003", 3, 10.0), make("1001", 3, 20.0))
    assert order(ties) == ["1003", "1001", "1002"]


# ---- strategy: random ----


def test_random_is_the_same_each_time_it_is_asked_of_the_same() -> None:
    free = [Free(str(1000 + n), 1.0 * n) for n in range(9)]
    assert choose("random", *free) == choose("random", *reversed(free))


@pytest.mark.parametrize("every_s", [0.0, 1.0, 3.7])
def test_random_draws_anew_for_each_call_and_favours_nobody(every_s: float) -> None:
    """Four agents, 400 calls, each agent free again at once: each is rung about as often, after any other."""
    pool, free = Pool(BILLING, "random"), {str(1001 + n): Free(str(1001 + n)) for n in range(4)}
    for agent in free.values():
        pool.idle.add(pool.key_of(agent))
    chosen = [ring(pool, free, 1.7e9 + every_s * n) for n in range(400)]
    counts = [chosen.count(agent_id) for agent_id in free]
    # Three and a half standard deviations of a fair draw.
    assert all(70 <= count <= 130 for count in counts), counts
    after = [sum(pair == (one, other) for pair in pairwise(chosen)) for one in free for other in free]
    assert all(8 <= count <= 42 for count in after), after


# ---- what a decision says ----


def test_a_decision_reads_as_a_sentence() -> None:
    pool = Pool(Requirement.of({"billing": 50}, ["inbound"]), "longest_idle")
    for agent in (Free("1003", 10.0), Free("1001", 12.0)):
        pool.idle.add(pool.key_of(agent))
    pool.standings.update({"eligible": 2, "on_call": 3, "not_ready": 1, "wrap_up": 0})
    decision = pool.choose_agent(20.0)
    assert decision.passed_over == {"on_call": 3, "not_ready": 1}
    assert str(decision) == (
        "1003 by longest_idle: idle 10.0 s, first of 2 eligible (next 1001 idle 8.0 s)"
        "; asked: billing 50, group inbound; passed over: 1 not_ready, 3 on_call"
    )


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ("longest_idle", "idle 90.0 s"), ("best_skill", "level 50"), ("round_robin", "turn 0"), ("top_down", "rank 4"),
        ("fewest_calls", "7 calls"), ("least_talk_time", "talked 61 s"), ("least_occupied", "occupied 25 %"),
        ("random", "drew "),
    ],
)  # fmt: skip
def test_each_strategy_says_by_which_figure(strategy: str, said: str) -> None:
    agent = Free("1001", 10.0, rank=4, calls_answered=7, talked_s=61.2, occupancy=0.25)
    assert f"1001 by {strategy}: {said}" in str(choose(strategy, agent))


def test_every_strategy_has_a_figure() -> None:
    assert set(FIGURES) == set(KEYS)


def test_nobody_says_what_keeps_everybody_out() -> None:
    pool = Pool(BILLING, "best_skill")
    pool.standings.update({"wrap_up": 2, "phone_unreachable": 1})
    decision = pool.choose_agent(5.0)
    assert (decision.agent_id, decision.eligible) == (None, 0)
    assert str(decision) == (
        "nobody eligible (best_skill); asked: billing 50; passed over: 1 phone_unreachable, 2 wrap_up"
    )


# ---- properties ----

FREE = st.builds(
    Free, st.integers(1000, 1099).map(str), st.floats(0, 1e6), st.integers(0, 5),
    st.fixed_dictionaries({"billing": st.integers(50, 53)}), st.integers(0, 3), st.sampled_from([0.0, 1.5, 60.0]),
    st.sampled_from([0.0, 0.3, 1.0]),
)  # fmt: skip

# What the table of `routing.strategy` says, once more: the figure that is compared, and the first of the ties.
LEAST: dict[str, Callable[[Free], tuple[float, ...]]] = {
    "longest_idle": lambda agent: (agent.idle_since,),
    "best_skill": lambda agent: (-agent.skills["billing"], agent.idle_since),
    "top_down": lambda agent: (agent.rank,),
    "fewest_calls": lambda agent: (agent.calls_answered, agent.idle_since),
    "least_talk_time": lambda agent: (agent.talked_s, agent.idle_since),
    "least_occupied": lambda agent: (agent.occupancy, agent.idle_since),
}


@given(st.sampled_from(sorted(LEAST)), st.lists(FREE, min_size=1, max_size=30, unique_by=lambda agent: agent.agent_id))
def test_nobody_comes_before_who_is_chosen(strategy: str, free: list[Free]) -> None:
    decision = choose(strategy, *free, now=1e6)
    expected = [agent.agent_id for agent in sorted(free, key=lambda agent: (*LEAST[strategy](agent), agent.agent_id))]
    assert order(decision) == expected[: RUNNERS_UP_MAX + 1]
    assert decision.eligible == len(free)


@given(st.lists(st.tuples(st.integers(1001, 1006).map(str), st.booleans()), max_size=60))
def test_round_robin_rings_whose_last_ring_is_the_longest_ago_whoever_comes_and_goes(
    acts: list[tuple[str, bool]],
) -> None:
    pool, here = round_robin("1001", "1002", "1003")
    last_ring: dict[str, int] = {}
    for number, (agent_id, comes) in enumerate(acts, start=1):
        if comes and agent_id not in here:
            here[agent_id] = Free(agent_id)
            pool.idle.add(pool.key_of(here[agent_id]))
        elif not comes and len(here) > 1 and agent_id in here:
            pool.idle.remove(pool.key_of(here.pop(agent_id)))
        expected = min(here, key=lambda one: (last_ring.get(one, 0), one))
        assert ring(pool, here) == expected
        last_ring[expected] = number
