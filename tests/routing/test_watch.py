"""Looking only when a watch asks for it answers what looking all the time would: random conditions on random days.

The other side is no watch: it works every answer out anew from the list of what happened, at every sixteenth of a
second and at the moment right after each.
"""

from dataclasses import dataclass, field
from math import inf, nextafter
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.bounds import Bounds
from routing.condition import All, Any, AtTime, Compare, Condition, Held, InCalendar, Latched, Leaf, Not
from routing.figures import WINDOWED, Figure
from routing.local_time import TimeOfDay, Weekday
from routing.watch import Watch
from tests.routing.floor_of_facts import FloorOfFacts, Spans, floor_of

LASTS_S = 40.0
THRESHOLD_S = 4.0
OFFICE = Spans(((5.0, 12.5), (20.0, 31.25)))
ZONE = ZoneInfo("UTC")
# Half a minute before midnight, so that days and times of day change.
BEGINS_AT = 86400.0 * 4 - 16.0

GRID = [n / 16 for n in range(int(LASTS_S * 16) + 1)]
DENSE = [BEGINS_AT + at for at in GRID]
DENSE = sorted(DENSE + [nextafter(at, inf) for at in DENSE])


@dataclass(frozen=True, slots=True)
class Happening:
    """A caller comes to a queue, or one of those there goes; or the queue has other agents."""

    at: float
    what: str
    queue_id: str
    which: int


@dataclass(slots=True)
class Caller:
    queue_id: str
    came: float
    went: float = inf
    how: str = ""


@dataclass(slots=True)
class History:
    """Everything that happened, and the figures worked out from it anew whenever they are asked for."""

    callers: list[Caller] = field(default_factory=list)
    staff: list[tuple[float, str, int]] = field(default_factory=list)

    def value(self, figure: Figure, queues: tuple[str, ...], over_s: float, now: float) -> float:
        told = [caller for caller in self.callers if caller.queue_id in queues and caller.came <= now]
        there = [caller for caller in told if caller.went > now]
        if figure is Figure.WAITING:
            return len(there)
        if figure is Figure.LONGEST_WAIT_S:
            return now - min((caller.came for caller in there), default=now)
        if figure is Figure.CALLS_PER_HOUR:
            return sum(now < caller.came + over_s for caller in told) * 3600 / over_s
        if figure is Figure.ABANDON_RATE:
            came = [caller for caller in told if now < caller.came + over_s]
            gone = [caller.went - caller.came for caller in came if caller.how == "abandoned" and caller.went <= now]
            short = sum(wait <= 5.0 for wait in gone)
            return (len(gone) - short) / (len(came) - short) if len(came) > short else 0.0
        if figure is Figure.SERVICE_LEVEL:
            return self._service_level(told, over_s, now)
        return self._agents(figure, queues, now)

    def _service_level(self, told: list[Caller], over_s: float, now: float) -> float:
        good = every = 0
        for caller in told:
            in_time = caller.went <= caller.came + THRESHOLD_S
            at = caller.went if in_time else nextafter(caller.came + THRESHOLD_S, inf)
            counts = at <= now < at + over_s and not (in_time and caller.how == "flowed_out")
            every += counts
            good += counts and in_time and caller.how == "answered"
        return good / every if every else 1.0

    def _agents(self, figure: Figure, queues: tuple[str, ...], now: float) -> float:
        last = dict.fromkeys(queues, 0)
        for at, queue_id, number in self.staff:
            if at <= now and queue_id in last:
                last[queue_id] = number
        if figure is Figure.ESTIMATE_S:
            return max(20.0 / number if number else inf for number in last.values())
        return sum(last.values())


@dataclass(slots=True)
class Dense:
    """The answers at all moments of DENSE, by the plain meaning of each part."""

    history: History

    def answers(self, condition: Condition) -> list[bool]:
        if isinstance(condition, All):
            return [all(at_once) for at_once in zip(*map(self.answers, condition.parts), strict=True)]
        if isinstance(condition, Any):
            return [any(at_once) for at_once in zip(*map(self.answers, condition.parts), strict=True)]
        if isinstance(condition, Not):
            return [not one for one in self.answers(condition.part)]
        if isinstance(condition, Held):
            return self._held(self.answers(condition.part), condition.for_s)
        if isinstance(condition, Latched):
            return self._latched(self.answers(condition.when), self.answers(condition.until))
        return [self._leaf(condition, now) for now in DENSE]

    def _held(self, part: list[bool], for_s: float) -> list[bool]:
        """True where the unbroken run up to here began at least `for_s` ago."""
        answers, began = [], inf
        for now, holds in zip(DENSE, part, strict=True):
            began = min(began, now) if holds else inf
            answers.append(now >= began + for_s)
        return answers

    def _latched(self, when: list[bool], until: list[bool]) -> list[bool]:
        answers, on = [], False
        for begins, ends in zip(when, until, strict=True):
            on = not ends and (on or begins)
            answers.append(on)
        return answers

    def _leaf(self, leaf: Leaf, now: float) -> bool:
        if isinstance(leaf, InCalendar):
            return OFFICE.window(now) == leaf.window if leaf.window else OFFICE.is_open(now)
        if isinstance(leaf, AtTime):
            return self._at_time(leaf.when, now)
        return self.history.value(leaf.figure, leaf.queues, leaf.over_s, now) in leaf.bounds

    def _at_time(self, when: TimeOfDay | Weekday, now: float) -> bool:
        day, second = divmod(now, 86400)
        if isinstance(when, Weekday):
            return (int(day) + 3) % 7 in when.days
        return any(when.begins * 60 <= second + past < when.ends * 60 for past in (0, 86400))


def follow(condition: Condition, happenings: list[Happening]) -> tuple[list[bool], History, int]:
    """The answers of a watch at all moments of DENSE, what happened, and the number of looks.

    It is looked at once at the start, after what it depends on has changed, and when it asked to be.
    """
    floor = floor_of("ab", THRESHOLD_S)
    floor.calendars["office"] = OFFICE
    history, watch = History(), Watch(condition)
    watch.look(floor, BEGINS_AT)
    looks, todo, answers = 1, sorted(happenings, key=lambda one: one.at), []
    for moment in DENSE:
        while min(watch.next_look_at, todo[0].at if todo else inf) <= moment:
            now = min(watch.next_look_at, todo[0].at if todo else inf)
            changed: set[tuple[str, Figure]] = set()
            while todo and todo[0].at == now:
                changed |= happen(floor, history, todo.pop(0))
            if now >= watch.next_look_at or changed & watch.depends_on:
                watch.look(floor, now)
                looks += 1
                assert watch.next_look_at > now
        answers.append(watch.holds)
    return answers, history, looks


def happen(floor: FloorOfFacts, history: History, one: Happening) -> set[tuple[str, Figure]]:
    """Tell both sides. Returns the figures that changed."""
    there = [n for n, caller in enumerate(history.callers) if caller.queue_id == one.queue_id and caller.went == inf]
    if one.what == "agents":
        number = one.which % 3
        history.staff.append((one.at, one.queue_id, number))
        return floor.staff(one.queue_id, number, 20.0 / number if number else inf)
    if one.what == "entered":
        history.callers.append(Caller(one.queue_id, one.at))
        return floor.happens("entered", one.queue_id, str(len(history.callers) - 1), one.at)
    if not there:
        return set()
    number = there[one.which % len(there)]
    history.callers[number].went, history.callers[number].how = one.at, one.what
    return floor.happens(one.what, one.queue_id, str(number), one.at)


QUARTERS = st.integers(0, int(LASTS_S * 4)).map(lambda n: BEGINS_AT + n / 4)
HAPPENINGS = st.lists(
    st.builds(
        Happening,
        QUARTERS,
        st.sampled_from(["entered"] * 4 + ["answered", "answered", "abandoned", "flowed_out", "agents"]),
        st.sampled_from("ab"),
        st.integers(0, 9),
    ),
    max_size=40,
)
QUEUES = st.sampled_from([("a",), ("b",), ("a", "b")])
FOR_S = st.integers(1, 60).map(lambda n: n / 4)


@st.composite
def comparisons(draw: st.DrawFn) -> Compare:
    figure = draw(st.sampled_from(Figure))
    if figure in (Figure.SERVICE_LEVEL, Figure.ABANDON_RATE):
        values = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
    elif figure is Figure.CALLS_PER_HOUR:
        values = st.sampled_from([0.0, 360.0, 720.0, 1440.0, 3600.0])
    elif figure in (Figure.LONGEST_WAIT_S, Figure.ESTIMATE_S):
        values = st.integers(0, 48).map(lambda n: n / 4)
    else:
        values = st.integers(0, 4).map(float)
    low, high = sorted((draw(values), draw(values)))
    bounds = draw(
        st.sampled_from(
            [Bounds(low), Bounds(low, low_open=True), Bounds(high=high), Bounds(high=high, high_open=True),
             Bounds(low, high)]
        )
    )  # fmt: skip
    over_s = draw(st.sampled_from([5.0, 12.5])) if figure in WINDOWED else 0.0
    return Compare(figure, draw(QUEUES), bounds, over_s)


MOMENTS: st.SearchStrategy[Condition] = st.sampled_from(
    [
        AtTime(TimeOfDay(23 * 60, 24 * 60, ZONE)), AtTime(TimeOfDay(23 * 60, 24 * 60 + 30, ZONE)),
        AtTime(TimeOfDay(0, 60, ZONE)), AtTime(Weekday(frozenset({0, 1}), ZONE)),
        AtTime(Weekday(frozenset({6}), ZONE)), InCalendar("office"), InCalendar("office", "1"),
    ]
)  # fmt: skip


def joints(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(All, several),
        st.builds(Any, several),
        st.builds(Not, parts),
        st.builds(Held, parts, FOR_S),
        st.builds(Latched, parts, parts),
    )


LEAVES: st.SearchStrategy[Condition] = st.one_of(comparisons(), comparisons(), MOMENTS)
CONDITIONS = st.recursive(LEAVES, joints, max_leaves=6)


@settings(deadline=None, max_examples=150)
@given(CONDITIONS, HAPPENINGS)
def test_looking_when_asked_is_looking_all_the_time(condition: Condition, happenings: list[Happening]) -> None:
    answers, history, _ = follow(condition, happenings)
    expected = Dense(history).answers(condition)
    for now, one, other in zip(DENSE, answers, expected, strict=True):
        assert one == other, f"{now - BEGINS_AT} s after the beginning"


@settings(deadline=None, max_examples=60)
@given(comparisons(), FOR_S, HAPPENINGS)
def test_for_runs_from_the_moment_its_part_began_to_hold(
    part: Compare, for_s: float, happenings: list[Happening]
) -> None:
    held, history, _ = follow(Held(part, for_s), happenings)
    assert held == Dense(history).answers(Held(part, for_s))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 3), st.integers(1, 3), HAPPENINGS)
def test_within_the_band_nothing_changes(low: int, band: int, happenings: list[Happening]) -> None:
    """In by `low + band` who wait, out by fewer than `low`: between the two the answer stays."""
    enough = Compare(Figure.WAITING, ("a",), Bounds(low=low + band))
    few = Compare(Figure.WAITING, ("a",), Bounds(high=low, high_open=True))
    answers, history, _ = follow(Latched(enough, few), happenings)
    before = False
    for now, answer in zip(DENSE, answers, strict=True):
        waiting = history.value(Figure.WAITING, ("a",), 0.0, now)
        assert answer == (waiting >= low + band or (waiting >= low and before))
        before = answer


@settings(deadline=None, max_examples=60)
@given(CONDITIONS, HAPPENINGS, st.sets(st.sampled_from(DENSE), max_size=30))
def test_a_look_nobody_asked_for_changes_nothing(
    condition: Condition, happenings: list[Happening], moments: set[float]
) -> None:
    answers, _, _ = follow(condition, happenings)
    floor = floor_of("ab", THRESHOLD_S)
    floor.calendars["office"] = OFFICE
    history, watch, todo = History(), Watch(condition), sorted(happenings, key=lambda one: one.at)
    watch.look(floor, BEGINS_AT)
    for number, now in enumerate(DENSE):
        due = now >= watch.next_look_at or now in moments
        while todo and todo[0].at == now:
            due |= bool(happen(floor, history, todo.pop(0)) & watch.depends_on)
        if due:
            assert watch.look(floor, now) == answers[number]
            assert watch.explain()
        assert watch.holds == answers[number]


def test_a_calm_day_needs_no_looks() -> None:
    """Calls come and go, few wait: what can only hold with many is looked at when their number changes, no more."""
    many = All((Compare(Figure.WAITING, ("a",), Bounds(low=10)), Compare(Figure.LONGEST_WAIT_S, ("a",), Bounds(1.0))))
    level = Compare(Figure.SERVICE_LEVEL, ("a",), Bounds(high=0.8), 5.0)
    happenings = [Happening(BEGINS_AT + n, what, "a", 0) for n in range(0, 30, 3) for what in ("entered", "answered")]
    assert follow(Held(All((many, level)), 60.0), happenings)[2] == 11
