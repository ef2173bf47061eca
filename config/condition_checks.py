"""What is wrong with a condition beyond its form: names that lead nowhere, and what can never or must always hold."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from config.conditions import COUNTS, ConditionPart, Scope
from config.document import Document, Place
from config.problems import Problem, did_you_mean
from routing.bounds import Bounds
from routing.duration import in_words
from routing.figures import WINDOWED, Figure
from routing.local_time import DAY_MINUTES, DAYS

FOR_S_MAX = 86400.0
OVER_S_MAX = 86400.0
_SHARES = frozenset({Figure.SERVICE_LEVEL, Figure.ABANDON_RATE})
_ANYTHING = Bounds(0.0, inf)
_ANY_SHARE = Bounds(0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Known:
    """The names that conditions may use: queues, and the windows of each calendar."""

    queues: Collection[str]
    calendars: Mapping[str, Collection[str]] = field(default_factory=dict)


def check_condition(
    document: Document, place: Place, part: ConditionPart, known: Known, own: str = ""
) -> Iterator[Problem]:
    """The problems of the condition at `place`, which stands at the queue `own`, or at none."""
    yield from _check(_Here(document, place, part, known, Scope((own,) if own else ())))


@dataclass(frozen=True, slots=True)
class _Here:
    """A condition where it is written; `outer` is the scope that it stands in."""

    document: Document
    place: Place
    part: ConditionPart
    known: Known
    outer: Scope

    @property
    def scope(self) -> Scope:
        return self.outer.within(self.part)

    def below(self, part: ConditionPart, *steps: str | int) -> "_Here":
        return _Here(self.document, (*self.place, *steps), part, self.known, self.scope)

    def nested(self) -> "Iterator[_Here]":
        """All that are written within this one."""
        yield from self.listed("all")
        yield from self.listed("any")
        if self.part.not_ is not None:
            yield self.below(self.part.not_, "not")
        if self.part.until is not None:
            yield self.below(self.part.until, "until")

    def listed(self, key: str) -> "Iterator[_Here]":
        for index, part in enumerate(getattr(self.part, key) or ()):
            yield self.below(part, key, index)

    def problem(self, message: str, remedy: str = "", *steps: str | int) -> Problem:
        return self.document.problem((*self.place, *steps), message, remedy)


def _check(here: _Here) -> Iterator[Problem]:
    for check in _CHECKS:
        yield from check(here)
    for nested in here.nested():
        yield from _check(nested)


# ---- names ----


def _says_something(here: _Here) -> Iterator[Problem]:
    part = here.part
    moments = (part.time, part.weekday, part.calendar, part.window)
    if not any(part.compared()) and moments == (None,) * 4 and not (part.all or part.any or part.not_):
        yield here.problem("the condition does not say what must hold", 'write what, such as waiting: ">= 10"')


def _queues(here: _Here) -> Iterator[Problem]:
    part = here.part
    if part.queue is not None and part.queues is not None:
        yield here.problem("both `queue` and `queues` are given", "name all of them under `queues`", "queue")
    named: list[tuple[Place, str]] = [(("queue",), part.queue)] if part.queue is not None else []
    named += [(("queues", index), queue_id) for index, queue_id in enumerate(part.queues or ())]
    for index, (steps, queue_id) in enumerate(named):
        if queue_id not in here.known.queues:
            message = f"the queue '{queue_id}' does not exist"
            yield here.problem(message, did_you_mean(queue_id, here.known.queues), *steps)
        elif any(queue_id == before for _, before in named[:index]):
            yield here.problem(f"the queue '{queue_id}' is named twice", "remove one of them", *steps)
    for figure, _ in part.compared():
        if not here.scope.queues:
            yield here.problem(f"whose '{figure}' is meant is not said", "add `queue: ...` or `queues: [...]`", figure)


def _calendars(here: _Here) -> Iterator[Problem]:
    part, known = here.part, here.known.calendars
    if part.calendar is None:
        if part.window is not None:
            yield here.problem("which calendar this window is of is not said", "add `calendar: ...`", "window")
    elif part.calendar not in known:
        message = f"the calendar '{part.calendar}' does not exist"
        yield here.problem(message, did_you_mean(part.calendar, known), "calendar")
    elif part.window is not None and part.window not in known[part.calendar]:
        message = f"the calendar '{part.calendar}' has no window '{part.window}'"
        yield here.problem(message, did_you_mean(part.window, known[part.calendar]), "window")


# ---- times ----


def _times(here: _Here) -> Iterator[Problem]:
    part = here.part
    if part.for_s is not None and part.for_s > FOR_S_MAX:
        message = f"{in_words(part.for_s)} is more than a day: nobody would see this condition hold"
        yield here.problem(message, "shorten it; m are minutes, h are hours", "for")
    if part.time is not None and part.time[1] - part.time[0] >= DAY_MINUTES:
        yield here.problem("this is the whole day: it says nothing", "remove it", "time")
    if part.weekday is not None and len(part.weekday) == len(DAYS):
        yield here.problem("these are all days of the week: it says nothing", "remove it", "weekday")
    if part.over is None:
        return
    if part.over > OVER_S_MAX:
        yield here.problem(f"{in_words(part.over)} is more than a day", "look back less far", "over")
    if not _has_windowed(part):
        named = ", ".join(sorted(WINDOWED))
        yield here.problem(f"`over` is for {named}, and none of them is here", "remove it; `for` is how long", "over")


def _has_windowed(part: ConditionPart) -> bool:
    nested = [*(part.all or ()), *(part.any or ()), *(one for one in (part.not_, part.until) if one is not None)]
    return any(figure in WINDOWED for figure, _ in part.compared()) or any(map(_has_windowed, nested))


# ---- what can hold ----


def _bounds(here: _Here) -> Iterator[Problem]:
    """A comparison that no value of the figure fulfils, or that each does."""
    for figure, bounds in here.part.compared():
        possible = _possible(figure, bounds)
        if possible.empty:
            remedy = _percent(bounds) if figure in _SHARES else "it is never below 0"
            remedy = "it is a whole number" if figure in COUNTS and bounds.high > 0 else remedy
            yield here.problem(f"'{figure}' can never be {bounds}", remedy, figure)
        elif possible == _possible(figure, Bounds()):
            message = f"'{figure}' is always {bounds}: this says nothing"
            yield here.problem(message, _percent(bounds) if figure in _SHARES else "remove it", figure)
        elif figure is Figure.LONGEST_WAIT_S and bounds.low == bounds.high > 0:
            message = f"the longest wait grows on and on, it is {bounds} for no time at all"
            yield here.problem(message, f'write ">= {bounds.low:g}"', figure)


def _possible(figure: Figure, bounds: Bounds) -> Bounds:
    """What of it the figure can be."""
    within = bounds.meet(_ANY_SHARE if figure in _SHARES else _ANYTHING)
    return within.whole() if figure in COUNTS else within


def _percent(bounds: Bounds) -> str:
    written = bounds.low if bounds.low > -inf else bounds.high
    return f"did you mean {written:g} %?" if 1 < written <= 100 else "it lies between 0 and 1"


@dataclass(frozen=True, slots=True)
class _Claim:
    """One line, `said` so, that must hold together with others, and what it is about: a figure with its scope, or a
    moment."""

    about: tuple[object, ...]
    here: _Here
    key: str
    said: str
    value: Bounds | frozenset[int]

    @property
    def line(self) -> int:
        return self.here.problem("", "", self.key).line


def _claims(here: _Here) -> Iterator[_Claim]:
    """All that must hold whenever `here` holds, as far as lines in `all` go. What has a way out of its own may hold
    for other reasons."""
    scope = here.scope
    for figure, bounds in here.part.compared():
        over_s = scope.over_s if figure in WINDOWED else 0.0
        yield _Claim((figure, scope.queues, over_s), here, figure, f"{figure} {bounds}", _possible(figure, bounds))
    if here.part.weekday is not None:
        yield _Claim(("weekday",), here, "weekday", "weekday", here.part.weekday)
    if here.part.time is not None:
        yield _Claim(("time",), here, "time", "time", _minutes(*here.part.time))
    for nested in here.listed("all"):
        if nested.part.until is None:
            yield from _claims(nested)


def _minutes(begins: int, ends: int) -> frozenset[int]:
    """The minutes of the day that a span covers."""
    return frozenset(minute % DAY_MINUTES for minute in range(begins, ends))


def _contradictions(here: _Here) -> Iterator[Problem]:
    """Two lines of one group that never hold together. Said once, for the outermost group."""
    if here.place and _is_claimed_above(here):
        return
    so_far: dict[tuple[object, ...], tuple[_Claim, Bounds | frozenset[int]]] = {}
    for claim in _claims(here):
        if isinstance(claim.value, Bounds) and claim.value.empty:
            continue  # it can't hold by itself, which was said
        before = so_far.get(claim.about)
        both = claim.value if before is None else _meet(before[1], claim.value)
        if before is not None and (both.empty if isinstance(both, Bounds) else not both):
            first, remedy = before[0], "did you mean `any`, or another figure?"
            other = f"'{first.said}' of line {first.line}"
            message = f"this can't hold together with {other}: the condition would never be true"
            yield claim.here.problem(message, remedy, claim.key)
        else:
            so_far[claim.about] = (claim, both)


def _is_claimed_above(here: _Here) -> bool:
    """Whether this stands in the list of an `all`, whose own check includes it."""
    return len(here.place) > 1 and here.place[-2] == "all" and here.part.until is None


def _meet(one: Bounds | frozenset[int], other: Bounds | frozenset[int]) -> Bounds | frozenset[int]:
    if isinstance(one, Bounds) and isinstance(other, Bounds):
        return one.meet(other)
    assert isinstance(one, frozenset), "claims about one thing are of one kind"
    assert isinstance(other, frozenset), "claims about one thing are of one kind"
    return one & other


def _way_out(here: _Here) -> Iterator[Problem]:
    """`until` must not hold where the condition begins to: it would never become true there."""
    if here.part.until is None:
        return
    ins = list(_claims(here))
    outs = list(_claims(here.below(here.part.until, "until")))
    simple = len(ins) == len(outs) == 1 and not any((here.part.any, here.part.not_))
    if not simple or ins[0].about != outs[0].about or here.part.until.any or here.part.until.not_:
        return
    both = _meet(ins[0].value, outs[0].value)
    if isinstance(both, Bounds) and not both.empty:
        message = f"while {ins[0].key} is {both}, `until` holds as well: the condition would not become true there"
        yield outs[0].here.problem(message, "leave a gap between the way in and the way out", outs[0].key)


_CHECKS: tuple[Callable[[_Here], Iterator[Problem]], ...] = (
    _says_something,
    _queues,
    _calendars,
    _times,
    _bounds,
    _contradictions,
    _way_out,
)
