"""Bugs in who answers: skills, strategies, scores, steps and overflow."""

from typing import Any

import pytest

from acd.core import distribution, resync, site_change, waiting
from acd.core.call import Call
from acd.core.floor import Floor, QueueLines, Stage
from acd.core.site import AgentProfile
from acd.core.words import VisitOutcome
from routing import pool, strategy
from routing.line import Key, Line
from routing.pool import Pool
from routing.requirement import Requirement
from routing.score import Claim
from tests.simulation.bug import Bugs, never_set

BUGS = Bugs()
planted = BUGS.planted


# ---- skills and strategies ----


@planted("order")
def somebody_of_a_lower_level_is_rung(patch: pytest.MonkeyPatch) -> None:
    def met_by(self: Requirement, skills: Any, groups: Any) -> bool:
        in_group = not self.groups or not self.groups.isdisjoint(groups)
        return in_group and all(name in skills for name, _ in self.skills)

    patch.setattr(Requirement, "met_by", met_by)


@planted("order")
def somebody_of_another_group_is_rung(patch: pytest.MonkeyPatch) -> None:
    def met_by(self: Requirement, skills: Any, groups: Any) -> bool:
        return all(skills.get(name, 0) >= level for name, level in self.skills)

    patch.setattr(Requirement, "met_by", met_by)


@planted("order", "agrees")
def skills_that_changed_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """The agent keeps the lines of the skills they had."""

    def hire(self: Floor, profile: AgentProfile) -> None:
        known = self.agents.get(profile.agent_id)
        if known is None:
            original(self, profile)
        else:
            known.profile, known.retired = profile, False

    original = Floor.hire
    patch.setattr(Floor, "hire", hire)


@planted("agrees")
def who_is_hired_later_is_in_no_pool_of_a_step(patch: pytest.MonkeyPatch) -> None:
    def hire(self: Floor, profile: AgentProfile) -> None:
        later = profile.agent_id not in self.agents and self.pbx_up
        original(self, profile)
        if later:
            agent, first = self.agents[profile.agent_id], {lines.pool for lines in self.queues.values()}
            self._leave_lines(agent)
            agent.pools = [one for one in agent.pools if one in first]
            self._join_lines(agent)

    original = Floor.hire
    patch.setattr(Floor, "hire", hire)


@planted("order")
def best_skill_rings_the_least_skilled(patch: pytest.MonkeyPatch) -> None:
    def least(asked: Requirement, agent: Any, turn: int) -> Key:
        minus, *ties = original(asked, agent, turn)
        return (-minus, *ties)

    original = strategy.KEYS["best_skill"]
    patch.setitem(strategy.KEYS, "best_skill", least)


@planted("order")
def fewest_calls_rings_who_was_idle_longest(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(strategy.KEYS, "fewest_calls", strategy.KEYS["longest_idle"])


@planted("order")
def round_robin_is_always_the_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Pool, "note_ring", lambda self, agent_id: None)


# ---- scores and steps ----


@planted("order")
def an_overdue_call_is_overtaken(patch: pytest.MonkeyPatch) -> None:
    def choose_call(pools: list[Pool], now: float) -> str | None:
        aside = [(one, one.overdue) for one in pools]
        for one, _ in aside:
            one.overdue = Line()
        best = original(pools, now)
        for one, overdue in aside:
            one.overdue = overdue
        return best or original(pools, now)

    original = pool.choose_call
    patch.setattr(distribution, "choose_call", choose_call)


@planted("order")
def no_call_is_ever_overdue(patch: pytest.MonkeyPatch) -> None:
    def add(self: Pool, claim: Claim, *, overdue: bool) -> tuple[Line, Key]:
        return original(self, claim, overdue=False)

    original = Pool.add
    patch.setattr(Pool, "add", add)


@planted("order")
def weights_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    def choose_call(pools: list[Pool], now: float) -> str | None:
        overdue = [one.overdue for one in pools]
        heads = [line[0] for one in pools for line in one.waiting.values() if len(line)]
        return original(pools, now) if any(overdue) or not heads else str(min(heads)[-1])

    original = pool.choose_call
    patch.setattr(distribution, "choose_call", choose_call)


@planted("timers")
def steps_are_never_taken(patch: pytest.MonkeyPatch) -> None:
    """But by those who were rung for, when they come back."""
    never_set(patch, "step")


@planted("timers")
def steps_are_taken_too_early(patch: pytest.MonkeyPatch) -> None:
    def stage_at(self: QueueLines, entered_at: float, now: float) -> tuple[int, Stage]:
        return original(self, entered_at, now + 2.0)

    original = QueueLines.stage_at
    patch.setattr(QueueLines, "stage_at", stage_at)


@planted("timers")
def the_last_step_alone_holds(patch: pytest.MonkeyPatch) -> None:
    def stage_at(self: QueueLines, entered_at: float, now: float) -> tuple[int, Stage]:
        number, stage = original(self, entered_at, now)
        return (number, stage) if number in (0, len(self.stages) - 1) else (0, self.stages[0])

    original = QueueLines.stage_at
    patch.setattr(QueueLines, "stage_at", stage_at)


@planted("order")
def the_priority_of_a_step_does_not_count(patch: pytest.MonkeyPatch) -> None:
    def stages_of(self: Floor, queue: Any) -> tuple[Stage, ...]:
        return tuple(
            Stage(stage.after_s, stage.pool, 0, stage.overflow_to) for stage in original(self, queue)
        )

    original = Floor._stages_of
    patch.setattr(Floor, "_stages_of", stages_of)


@planted("order", "timers")
def a_reload_leaves_who_waits_in_the_old_line(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(site_change, "stand_in_line", lambda floor, call, now: None)


# ---- overflow ----


@planted("order")
def overflow_loses_the_seniority(patch: pytest.MonkeyPatch) -> None:
    def open_visit(self: Floor, call: Call, queue: Any, entered_at: float, now: float, **more: Any) -> None:
        original(self, call, queue, entered_at, now)

    original = Floor.open_visit
    patch.setattr(Floor, "open_visit", open_visit)


@planted("books", "records")
def overflow_leaves_the_visit_open(patch: pytest.MonkeyPatch) -> None:
    def overflow(floor: Floor, call: Call, onward: QueueLines, now: float) -> None:
        with pytest.MonkeyPatch.context() as open_still:
            open_still.setattr(Floor, "close_visit", lambda self, call, *rest, **more: self.unseat(call))
            original(floor, call, onward, now)

    original = waiting._overflow
    patch.setattr(waiting, "_overflow", overflow)


@planted("books")
def overflow_fills_a_queue_beyond_its_length(patch: pytest.MonkeyPatch) -> None:
    def stand_in_line(floor: Floor, call: Call, now: float) -> None:
        with pytest.MonkeyPatch.context() as roomy:
            roomy.setattr(QueueLines, "full", False)
            original(floor, call, now)

    original = waiting.stand_in_line
    for module in (waiting, site_change, resync):
        patch.setattr(module, "stand_in_line", stand_in_line)


@planted("books")
def overflow_ends_in_no_queue(patch: pytest.MonkeyPatch) -> None:
    def overflow(floor: Floor, call: Call, onward: QueueLines, now: float) -> None:
        floor.close_visit(call, VisitOutcome.FLOWED_OUT, now, to=onward.queue.queue_id)

    patch.setattr(waiting, "_overflow", overflow)
