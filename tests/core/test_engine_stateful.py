"""Random people on a random day: the engine and the simulated PBX under whatever Hypothesis thinks of, checked after
every single event."""

from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from acd.core import events
from acd.core.events import Event
from acd.core.reports import Report
from acd.core.words import Phone, RingEnd, Side
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.phone import Manner, answers_after, gives_no_sign, rejects, rings_on, vanishes_after
from acd.simulation.recount import recount
from tests.contract.observed_switch import ObservedSwitch
from tests.core.books import check_books
from tests.core.sites import AGENTS, two_queues

MANNERS: list[Manner] = [
    rings_on, answers_after(0.0), answers_after(0.5, 1.0), answers_after(4.0, 8.0), answers_after(5.0),
    rejects(486), rejects(603, 1.0), rejects(503), gives_no_sign, vanishes_after(0.3),
]  # fmt: skip

agents = st.sampled_from([*AGENTS, "4711"])
moments = st.sampled_from([0.0, 0.0004, 0.001, 0.0015, 0.003, 0.5, 2.0, 5.0, 20.0])

ASKS: list[Callable[[str], Event]] = [
    lambda agent_id: events.LoginRequested(agent_id, "phone", "r"),
    lambda agent_id: events.LoginRequested(agent_id, "cli", "r"),
    lambda agent_id: events.ReadyRequested(agent_id, "r"),
    lambda agent_id: events.ReadyRequested(agent_id, "r"),
    lambda agent_id: events.NotReadyRequested(agent_id, "1", "r"),
    lambda agent_id: events.NotReadyRequested(agent_id, "forced", "r"),
    lambda agent_id: events.NotReadyRequested(agent_id, "nonsense", "r"),
    lambda agent_id: events.LogoutRequested(agent_id, "r"),
    lambda agent_id: events.WrapUpEnded(agent_id, "r"),
    lambda agent_id: events.WrapUpExtended(agent_id, 0.5, "r"),
    lambda agent_id: events.WrapUpExtended(agent_id, -1e9, "r"),
    lambda agent_id: events.StateAsked(agent_id, "r"),
]


class Checker:
    """Looks at the floor after each step of the engine, before its commands leave."""

    def __init__(self) -> None:
        self.switch: ObservedSwitch | None = None
        self.found: AssertionError | None = None

    def observe(self, now: float, event: Event | None, reports: Sequence[Report]) -> None:
        if self.switch is None or self.found is not None:
            return
        try:
            recount(self.switch.engine.floor)
        except AssertionError as problem:
            problem.add_note(f"after {event} at {now}")
            self.found = problem


class Days(RuleBasedStateMachine):
    """Everything may break but the link's own word: what it carries comes once and in order."""

    def __init__(self) -> None:
        super().__init__()
        self.checker = Checker()
        self.switch = ObservedSwitch(Delays(prompt_s=0.2, closing_s=0.1), observers=[self.checker])
        self.checker.switch = self.switch
        self.callers: list[SimulatedCaller] = []

    @initialize(wrap_up_s=st.sampled_from([0.0, 1.0, None]), recovery_s=st.sampled_from([None, 2.0]),
                manner=st.sampled_from(MANNERS))  # fmt: skip
    def open(self, wrap_up_s: float | None, recovery_s: float | None, manner: Manner) -> None:
        self.site = two_queues(wrap_up_s=wrap_up_s, recovery_s=recovery_s)
        self.switch.begin(self.site)
        for agent_id in AGENTS:
            self.switch.pbx.phones[agent_id].manner = manner
            self.switch.post(events.LoginRequested(agent_id, "phone"))
            self.switch.post(events.ReadyRequested(agent_id))

    # ---- callers ----

    @rule(dialled=st.sampled_from(["10010", "10086", "10010", "404"]), keys=st.sampled_from(["0", "1", "9", ""]),
          number=st.integers(1, 3), after_s=moments)  # fmt: skip
    def call_in(self, dialled: str, keys: str, number: int, after_s: float) -> None:
        for _ in range(number):
            self.callers.append(self.switch.pbx.call_in(dialled, keys=(keys,), key_after_s=0.1))
        self.switch.run(after_s)

    @precondition(lambda self: self.callers)
    @rule(which=st.integers(0, 30), after_s=moments)
    def hang_up(self, which: int, after_s: float) -> None:
        """The later the caller, the lower the number: those still there are meant."""
        self.callers[-1 - which % len(self.callers)].hang_up_after(after_s)

    # ---- agents and their phones ----

    @rule(agent_id=st.sampled_from(AGENTS), manner=st.sampled_from(MANNERS), after_s=moments)
    def take_rings(self, agent_id: str, manner: Manner, after_s: float) -> None:
        self.switch.pbx.phones[agent_id].manner = manner
        self.switch.run(after_s)

    @rule(agent_id=st.sampled_from(AGENTS), after_s=moments, act=st.sampled_from(
        ["answer", "reject", "hang_up", "vanish", "unplug", "plug_in", "begin_own_call", "end_own_call"]
    ))  # fmt: skip
    def use_phone(self, agent_id: str, act: str, after_s: float) -> None:
        getattr(self.switch.pbx.phones[agent_id], act)()
        self.switch.run(after_s)

    @rule(agent_id=agents, ask=st.sampled_from(ASKS), after_s=moments)
    def ask(self, agent_id: str, ask: Callable[[str], Event], after_s: float) -> None:
        self.switch.post(ask(agent_id))
        self.switch.run(after_s)

    @rule()
    def all_get_ready(self) -> None:
        for agent_id in AGENTS:
            self.switch.pbx.phones[agent_id].plug_in()
            self.switch.run(0.001)
            self.switch.post(events.LoginRequested(agent_id, "phone"))
            self.switch.post(events.ReadyRequested(agent_id))

    @precondition(lambda self: self.switch.engine.floor.reservations)
    @rule(other=st.sampled_from([*AGENTS, ""]), after_s=moments)
    def decline(self, other: str, after_s: float) -> None:
        held = next(iter(self.switch.engine.floor.reservations.values()))
        self.switch.post(events.ReservationRejected(other or held.agent_id, held.reservation_id, "r"))
        self.switch.run(after_s)

    # ---- the site, the link, the processes ----

    @rule(wrap_up_s=st.sampled_from([0.0, 1.0]), without=st.sampled_from(["", *AGENTS]), moved=st.booleans(),
          one_queue=st.booleans())  # fmt: skip
    def change_site(self, wrap_up_s: float, without: str, moved: bool, one_queue: bool) -> None:
        self.site = two_queues(wrap_up_s=wrap_up_s, without=without, moved=moved, one_queue=one_queue)
        self.switch.post(events.SiteChanged(self.site))

    @rule(disaster=st.sampled_from(["link", "late_notice", "pbx", "core"]), down_s=moments, then_s=moments)
    def strike(self, disaster: str, down_s: float, then_s: float) -> None:
        """Something breaks and is whole again after a while, in which all others go on."""
        if disaster == "pbx":
            self.switch.pbx.restart()
        else:
            self.switch.pbx.lose_link(noticed_after_s=1.0 if disaster == "late_notice" else 0.0)
        if disaster == "core":
            self.switch.boot(self.site)
        self.switch.run(down_s)
        self.switch.pbx.restore_link()
        self.switch.run(then_s)

    @rule(seconds=moments)
    def pass_time(self, seconds: float) -> None:
        self.switch.run(seconds)

    # ---- what must hold ----

    @invariant()
    def floor_agrees(self) -> None:
        if self.checker.found is not None:
            raise self.checker.found
        assert self.switch.pbx.violations == [], self.switch.pbx.violations

    def teardown(self) -> None:
        if not hasattr(self, "site"):
            return
        self.switch.pbx.events.course = self.switch.pbx.commands.course = None
        # Late copies land; from here on nothing is lost, and nothing wrong is asked for.
        self.switch.run(5.0)
        self.floor_agrees()
        # A snapshot puts right whatever the faults have left behind.
        self.switch.pbx.lose_link()
        self.switch.run(0.1)
        self.switch.pbx.restore_link()
        self.switch.settle()
        if self.checker.found is not None:
            raise self.checker.found
        leftovers = self.switch.leftovers()
        assert leftovers == [], leftovers
        check_books(self.switch.journal.reports)


class FaultyDays(Days):
    """The same with a link that loses, doubles and delays, and with words out of nowhere: the floor must agree with
    itself all the same."""

    @rule(course=st.sampled_from([(), (0.0, 0.0), (0.002,), (1.0,), (0.0, 3.0)]), every=st.integers(2, 5),
          commands=st.booleans())  # fmt: skip
    def spoil_link(self, course: tuple[float, ...], every: int, commands: bool) -> None:
        passed = 0

        def spoilt(item: object) -> tuple[float, ...]:
            nonlocal passed
            if isinstance(item, events.PbxLost | events.PbxSynced):
                # Said by the link itself, inside the switch's own process: nothing can spoil them.
                return (0.0,)
            passed += 1
            return course if passed % every == 0 else (0.0,)

        if commands:
            self.switch.pbx.commands.course = spoilt
        else:
            self.switch.pbx.events.course = spoilt

    @rule(which=st.integers(-1, 30), attempt=st.integers(0, 3), agent_id=agents, kind=st.integers(0, 11))
    def stray_word(self, which: int, attempt: int, agent_id: str, kind: int) -> None:
        call_id = self.callers[which % len(self.callers)].call_id if which >= 0 and self.callers else "nobody"
        res = f"{call_id}.{attempt}"
        words: list[Event] = [
            events.CallWaiting(call_id, res if attempt else ""),
            events.PromptEnded(call_id, attempt, "0"),
            events.AgentRinging(call_id, res, agent_id),
            events.AgentAnswered(call_id, res, agent_id),
            events.RingEnded(call_id, res, agent_id, list(RingEnd)[attempt]),
            events.TalkEnded(call_id, res, agent_id, Side.AGENT),
            events.CallInAfterCall(call_id),
            events.CallInFallback(call_id),
            events.FallbackAnswered(call_id, agent_id),
            events.FallbackEnded(call_id),
            events.CommandFailed(call_id, "RingAgent", res),
            events.PhoneChanged(agent_id, list(Phone)[attempt % 3]),
        ]
        self.switch.post(words[kind])

    @invariant()
    def floor_agrees(self) -> None:
        # What the PBX is asked on false words may well be wrong; that it is healed is seen at the end.
        self.switch.pbx.violations.clear()
        super().floor_agrees()


TestDays = Days.TestCase
TestDays.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFaultyDays = FaultyDays.TestCase
TestFaultyDays.settings = TestDays.settings
