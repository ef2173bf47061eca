"""Surges under whatever Hypothesis thinks of: conditions, people, refusals, orders, new files, kills, late deadlines;
a sceptic's books are written and checked after every turn, and in the end everybody is home."""

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from acd.store.codec import decode_memory, encode
from routing.ladder import Calling, Donor, Ladder, LadderStep, Lending, SurgePlan, Way
from routing.lending import Choice
from routing.surge_memory import Memory
from routing.surge_words import (
    AgentReturned,
    AskAccepted,
    AskRefused,
    ConditionChanged,
    FloorRecounted,
    HoldOrdered,
    LoggedIn,
    LoggedOut,
    ResumeOrdered,
    SkipOrdered,
    StepDownOrdered,
    StepUpOrdered,
    SurgeDecision,
    SurgeEvent,
)
from routing.surges import Surges
from tests.routing.ladder_books import Books
from tests.routing.ladder_floor import Worker, floor_of

GROUPS = {
    "outbound": ["2001", "2002", "2003", "2004"], "quality": ["3001", "3002", "3003"],
    "management": ["4001", "4002", "4003"],
}  # fmt: skip
DONORS = (
    Donor("outbound", stay_min=1, healthy="well", rest_s=100.0), Donor("quality", stay_min=1, rest_s=30.0),
    Donor("management"),
)  # fmt: skip
OUTBOUND = LadderStep("outbound", seats_min=1, seats_max=2, lend=Lending("outbound", Choice.FEWEST_CALLS))
QUALITY = LadderStep("quality", seats_min=2, seats_max=3, lend=Lending("quality", Choice.RANDOM, 30.0), settle_s=90.0)
MANAGERS = LadderStep(
    "managers", seats_min=1, seats_max=2, lend=Lending("management", Choice.TOP_DOWN, 20.0),
    call=Calling("management", (Way.CALL,), answer_s=45.0, arrive_s=300.0), closes="very_calm",
)  # fmt: skip
HOLIDAY = LadderStep("holiday", seats_min=1, seats_max=2, lend=Lending("outbound"), active="holiday")
INBOUND = SurgePlan(
    "inbound", ("enquiry",), "inbound",
    (
        Ladder("day", "busy", "calm", (HOLIDAY, OUTBOUND, QUALITY, MANAGERS), active="day_shift"),
        Ladder("other", "busy", "calm", (replace(OUTBOUND, seats_max=1), MANAGERS)),
    ),
    settle_s=240.0, settle_closed_s=120.0, hold_s_max=1000.0,
)  # fmt: skip
ENGLISH = SurgePlan(
    "english", ("english",), "english",
    (Ladder("always", "busy", "calm", (replace(QUALITY, seats_min=0, seats_max=2), replace(OUTBOUND, seats_min=0))),),
    settle_s=60.0, settle_closed_s=30.0, hold_s_max=1000.0,
)  # fmt: skip
NARROW = replace(
    INBOUND, ladders=(Ladder("day", "busy", "calm", (QUALITY, replace(OUTBOUND, seats_max=1)), active="day_shift"),)
)
File = tuple[tuple[SurgePlan, ...], tuple[Donor, ...]]
FILES: tuple[File, ...] = (
    ((INBOUND, ENGLISH), DONORS), ((ENGLISH, INBOUND), DONORS), ((NARROW, ENGLISH), DONORS), ((INBOUND,), DONORS),
    ((replace(INBOUND, group_id="elsewhere"), ENGLISH), DONORS), ((INBOUND, ENGLISH), DONORS[:1]), ((), ()),
)  # fmt: skip

CONDITIONS = ("busy", "busy", "calm", "very_calm", "day_shift", "holiday", "well", "well")
agents = st.sampled_from([agent_id for group in GROUPS.values() for agent_id in group])
surge_ids = st.sampled_from(["inbound", "english"])
step_ids = st.sampled_from(["", "outbound", "quality", "managers", "holiday", "nonsense"])
moments = st.sampled_from([0.0, 0.5, 1.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 240.0, 300.0, 1500.0])


class Surging(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.floor = floor_of(GROUPS, out=("4002", "4003"))
        self.file = FILES[0]
        self.now = 1000.0
        self.sound = True
        self.truth: dict[str, bool] = {}
        plans, donors = self.file
        self.surges = Surges(plans, donors, self.floor)
        self.books = Books(self.floor, {}, {}, self.truth)
        self._open_books()
        # It is an ordinary day, and everybody knows it.
        for condition in dict.fromkeys(CONDITIONS):
            self.condition_changes(condition, condition in ("day_shift", "well"))

    def _open_books(self) -> None:
        plans, donors = self.file
        for surge_id, plan in self.books.plans.items():
            if plan.group_id not in [new.group_id for new in plans if new.surge_id == surge_id]:
                self.books.changes.pop(surge_id, None)
                self.books.held.discard(surge_id)
                self.books.ladders.pop(surge_id, None)
        self.books.plans = {plan.surge_id: plan for plan in plans}
        self.books.donors = {donor.group_id: donor for donor in donors}

    def took(self, decisions: list[SurgeDecision]) -> None:
        self.sound = False
        self.books.write(self.now, decisions)
        self.books.check(self.now)
        self.sound = True

    def tell(self, event: SurgeEvent) -> None:
        self.took(self.surges.handle(event, self.now))

    # ---- what happens ----

    @rule(condition=st.sampled_from(CONDITIONS), holds=st.booleans())
    def condition_changes(self, condition: str, holds: bool) -> None:
        self.truth[condition] = holds
        self.tell(ConditionChanged(condition, holds))

    @rule()
    def it_is_busy(self) -> None:
        self.condition_changes("calm", False)
        self.condition_changes("busy", True)

    @rule()
    def it_is_calm(self) -> None:
        self.condition_changes("calm", True)
        self.condition_changes("very_calm", True)

    @rule(agent_id=agents)
    def comes_or_goes(self, agent_id: str) -> None:
        worker = self.floor.workers[agent_id]
        worker.logged_in = not worker.logged_in
        if not worker.logged_in:
            self.books.returning.pop(agent_id, None)
        self.tell(LoggedIn(agent_id) if worker.logged_in else LoggedOut(agent_id))

    @rule(agent_id=agents, calls=st.integers(0, 5), lendable=st.booleans())
    def works(self, agent_id: str, calls: int, lendable: bool) -> None:
        self.floor.workers[agent_id].calls_answered = calls
        self.floor.workers[agent_id].lendable = lendable
        self.took(self.surges.advance(self.now))

    @precondition(lambda self: self.books.asks)
    @rule(data=st.data(), accepts=st.booleans())
    def answers(self, data: st.DataObject, accepts: bool) -> None:
        ask_id = data.draw(st.sampled_from(sorted(self.books.asks)))
        self.tell(AskAccepted(ask_id) if accepts else AskRefused(ask_id))

    @rule(surge_id=surge_ids, number=st.integers(0, 9), accepts=st.booleans())
    def answers_late(self, surge_id: str, number: int, accepts: bool) -> None:
        ask_id = f"{surge_id}.{number}"
        self.tell(AskAccepted(ask_id) if accepts else AskRefused(ask_id))

    @rule(agent_id=agents)
    def returns(self, agent_id: str) -> None:
        self.books.returning.pop(agent_id, None)
        self.tell(AgentReturned(agent_id))

    @rule()
    def all_return(self) -> None:
        for agent_id in sorted(self.books.returning):
            self.returns(agent_id)

    @rule(seconds=moments)
    def time_goes_by(self, seconds: float) -> None:
        """Every deadline is kept."""
        until = self.now + seconds
        while (due := self.surges.next_deadline()) is not None and due <= until:
            assert due > self.now, "a deadline that was kept comes again"
            self.now = due
            self.took(self.surges.advance(self.now))
        self.now = until

    @rule(seconds=moments)
    def time_is_lost(self, seconds: float) -> None:
        """The machine was busy: several deadlines at once."""
        self.now += seconds
        self.took(self.surges.advance(self.now))

    @rule(surge_id=surge_ids, step_id=step_ids, kind=st.integers(0, 4), for_s=st.sampled_from([None, 5.0, 400.0, 1e9]))
    def leader_orders(self, surge_id: str, step_id: str, kind: int, for_s: float | None) -> None:
        self.tell(
            (
                HoldOrdered(surge_id, "8001", for_s), ResumeOrdered(surge_id, "8001"),
                SkipOrdered(surge_id, step_id, "8001"), StepUpOrdered(surge_id, "8001", step_id),
                StepDownOrdered(surge_id, "8001", step_id),
            )[kind]
        )  # fmt: skip

    @rule(number=st.integers(0, len(FILES) - 1))
    def file_is_saved(self, number: int) -> None:
        self.file = FILES[number]
        self._open_books()
        plans, donors = self.file
        self.took(self.surges.change(plans, donors, self.now))

    @rule(agent_id=agents)
    def is_found_to_have_left(self, agent_id: str) -> None:
        """The floor was wrong about somebody."""
        self.floor.workers[agent_id] = Worker(agent_id, self.floor.workers[agent_id].group_id, logged_in=False)
        self.books.returning.pop(agent_id, None)
        self.tell(FloorRecounted())

    @rule(gone=st.sets(agents, max_size=3), told=st.booleans())
    def is_killed(self, gone: set[str], told: bool) -> None:
        """Some came or went meanwhile; what holds may be told at once, or piece by piece."""
        memory = decode_memory(Memory, encode(self.surges.memory()))
        for agent_id in gone:
            worker = self.floor.workers[agent_id]
            worker.logged_in = not worker.logged_in
            if not worker.logged_in:
                self.books.returning.pop(agent_id, None)
        known = dict(self.truth)
        self.truth.clear()
        self.surges = Surges(*self.file, self.floor, memory)
        self.tell(FloorRecounted())
        for condition, holds in known.items() if told else ():
            self.condition_changes(condition, holds)

    # ---- what always holds ----

    @invariant()
    def looking_again_changes_nothing(self) -> None:
        before, decisions = self.surges.memory(), self.surges.advance(self.now)
        self.took(decisions)
        assert decisions == [], "another look changes something"
        assert self.surges.memory() == before, "another look changes something"
        due = self.surges.next_deadline()
        assert due is None or due > self.now

    @invariant()
    def the_memory_is_what_the_books_say(self) -> None:
        memory = self.surges.memory()
        assert sorted(self.surges.lent()) == sorted(self.books.lent), "who is lent"
        assert sorted(self.surges.returning()) == sorted(self.books.returning), "who is on the way back"
        open_steps = {(surge.surge_id, step.step_id) for surge in memory.surges for step in surge.open}
        assert open_steps == set(self.books.open), "which steps are open"
        assert decode_memory(Memory, encode(memory)) == memory

    def teardown(self) -> None:
        """The surge is over: everybody is given back, and every question ends."""
        if not self.sound:
            return  # what was found would be hidden by what follows from it
        for condition in ("busy", "holiday"):
            self.condition_changes(condition, False)
        for condition in ("day_shift", "well", "calm", "very_calm"):
            self.condition_changes(condition, True)
        self.time_goes_by(5000.0)
        self.all_return()
        left = (self.books.lent, self.books.returning, self.books.seated, self.books.asks)
        assert left == ({}, {}, {}, {}), "somebody was never given back"
        assert self.surges.memory().loans == (), "somebody was never given back"
        assert self.books.open == {}


TestSurging = Surging.TestCase
TestSurging.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
