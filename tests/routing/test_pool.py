"""Pools: who and what stands in them, and how they are found."""

from hypothesis import given
from hypothesis import strategies as st

from routing.pool import RUNNERS_UP_MAX, Pool
from routing.pools import Pools
from routing.requirement import Requirement
from routing.score import Claim

SKILLS = ("billing", "english", "roaming")
GROUPS = ("inbound", "quality")


def make_pool() -> Pool:
    return Pool(Requirement.of({"billing": 50}), "longest_idle")


def test_a_call_is_taken_out_where_it_was_put_in() -> None:
    pool = make_pool()
    claims = [Claim("a", 1.0), Claim("b", 2.0, weight=2.0), Claim("c", 3.0), Claim("d", 0.0)]
    places = {claim.call_id: pool.add(claim, overdue=claim.call_id == "d") for claim in claims}
    assert sorted(pool.calls()) == ["a", "b", "c", "d"]
    for call_id in "bdac":
        assert pool.has_calls
        line, key = places[call_id]
        line.remove(key)
        assert call_id not in pool.calls()
    assert not pool.has_calls


def test_calls_of_one_weight_share_a_line_and_others_do_not() -> None:
    pool = make_pool()
    lines = [pool.add(Claim(c, 1.0, weight=w), overdue=False)[0] for c, w in (("a", 1.0), ("b", 2.0), ("c", 1.0))]
    assert lines[0] is lines[2]
    assert lines[1] is not lines[0]
    assert pool.add(Claim("d", 1.0, weight=7.0), overdue=True)[0] is pool.overdue


def test_a_choice_names_a_few_however_many_there_are() -> None:
    pool = make_pool()
    for n in range(200):
        pool.idle.add((float(n), str(1000 + n)))
    decision = pool.choose_agent(300.0)
    assert (decision.agent_id, decision.eligible, len(decision.runners_up)) == ("1000", 200, RUNNERS_UP_MAX)
    assert decision.asked == "billing 50"


def test_only_who_is_free_is_eligible_and_the_rest_is_counted() -> None:
    pool = make_pool()
    pool.standings.update(["on_call", "on_call", "wrap_up", "eligible"])
    pool.standings["wrap_up"] -= 1
    pool.idle.add((0.0, "1001"))
    assert dict(pool.choose_agent(1.0).passed_over) == {"on_call": 2}


# ---- finding them ----


def test_queues_that_ask_for_the_same_share_a_pool_and_others_do_not() -> None:
    pools, asked = Pools(), Requirement.of({"billing": 50}, ["inbound"])
    pool = pools.add(asked, "longest_idle")
    assert pools.find(Requirement.of({"billing": 50}, ["inbound"]), "longest_idle") is pool
    assert pools.find(asked, "best_skill") is None
    assert pools.find(Requirement.of({"billing": 51}, ["inbound"]), "longest_idle") is None
    assert pools.find(Requirement.of({"billing": 50}), "longest_idle") is None


def test_a_pool_that_is_removed_is_found_no_more() -> None:
    pools = Pools()
    kept, removed = pools.add(Requirement.of({"billing": 50}), "top_down"), pools.add(Requirement(), "top_down")
    pools.remove(removed)
    assert list(pools) == [kept]
    assert pools.find(Requirement(), "top_down") is None
    assert pools.met_by({"billing": 50}, ()) == [kept]


REQUIREMENTS = st.builds(
    Requirement.of, st.dictionaries(st.sampled_from(SKILLS), st.integers(0, 3)), st.sets(st.sampled_from(GROUPS))
)


@given(
    st.lists(st.tuples(REQUIREMENTS, st.sampled_from(["longest_idle", "random"])), unique=True, max_size=12),
    st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3)),
    st.sampled_from(GROUPS),
    st.data(),
)
def test_an_agent_is_in_every_pool_whose_requirement_they_meet_each_once(
    asked: list[tuple[Requirement, str]], skills: dict[str, int], group: str, data: st.DataObject
) -> None:
    pools = Pools()
    for requirement, strategy in asked:
        pools.add(requirement, strategy)
    for requirement, strategy in data.draw(st.lists(st.sampled_from(asked), unique=True)) if asked else []:
        pool = pools.find(requirement, strategy)
        assert pool is not None
        pools.remove(pool)
    found = pools.met_by(skills, (group,))
    assert len(found) == len(set(found))
    assert set(found) == {pool for pool in pools if pool.requirement.met_by(skills, (group,))}
