"""Which of several named windows holds at a moment: the greeting of a festival, of the weekend, of ordinary days.

At most one holds at any time. Where several meet, the first of these that tells them apart decides: the place in the
site's `order`; a festival (dates of the year) beats what comes every day, week or month; the shorter beats the longer;
the one that is written first. Where none is, the window that holds otherwise does, if there is one: then exactly one
holds at any time.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple
from zoneinfo import ZoneInfo

from routing.wall_clock import local_words


class Rank(NamedTuple):
    """What tells windows apart that hold at once; the lower wins.

    `order`: the place in the site's own order; `comes_often`: 1 if it comes every day, week or month, 0 for a festival;
    `length_min`: minutes on the wall clock; `written`: the place in the file.
    """

    order: int = 0
    comes_often: int = 0
    length_min: int = 0
    written: int = 0


class Occurrence(NamedTuple):
    """One time that a window comes: from `begin` up to `end`, UTC seconds."""

    begin: float
    end: float
    window_id: str
    rank: Rank


@dataclass(frozen=True, slots=True)
class Window:
    """`names` is what people read; `opening` are the words a talk begins with in this window. Both by language."""

    window_id: str
    names: Mapping[str, str] = field(default_factory=dict)
    opening: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """The window that holds at one moment (None: none), and the others that would, each with what beat it.

    `until` is the UTC second at which another begins to hold; None: never.
    """

    window: Window | None
    until: float | None
    passed_over: tuple[tuple[Window, str], ...]
    zone: ZoneInfo

    def in_words(self, language: str) -> str:
        """For people who read `language`, zh or en: which window, until when, and before which others."""
        zh = language == "zh"
        at = "" if self.until is None else local_words(self.until, self.zone, language)
        until = "" if not at else f"，至 {at}" if zh else f" until {at}"
        reasons = [
            f"{_named(window, language)}（{_WHY[language][why]}）" if zh
            else f"{_named(window, language)} ({_WHY[language][why]})"
            for window, why in self.passed_over
        ]  # fmt: skip
        tail = "" if not reasons else f"；优先于：{'、'.join(reasons)}" if zh else f"; before: {', '.join(reasons)}"
        named = _named(self.window, language) if self.window else "无" if zh else "none"
        return named + until + tail


_WHY: Mapping[str, Mapping[str, str]] = {
    "en": {
        "order": "set by `order`",
        "comes_often": "a festival beats what comes often",
        "length_min": "the shorter beats the longer",
        "written": "written first",
    },
    "zh": {
        "order": "按 order 的次序",
        "comes_often": "节日优先于经常重复的时段",
        "length_min": "较短的优先",
        "written": "先写的优先",
    },
}


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows by id, and when they come in the years that are covered.

    `otherwise` is the id of the window that holds where no other does; None: there is no such window.
    """

    zone: ZoneInfo
    by_id: Mapping[str, Window]
    otherwise: str | None = None
    occurrences: tuple[Occurrence, ...] = ()
    _begins: tuple[float, ...] = field(init=False, repr=False, compare=False)
    _holders: tuple[str | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        changes = list(_changes(self.occurrences, self.otherwise))
        object.__setattr__(self, "_begins", tuple(at for at, _ in changes))
        object.__setattr__(self, "_holders", tuple(window_id for _, window_id in changes))

    def at(self, now: float) -> Window | None:
        """The window that holds at the UTC second `now`."""
        place = bisect_right(self._begins, now) - 1
        window_id = self._holders[place] if place >= 0 else self.otherwise
        return None if window_id is None else self.by_id[window_id]

    def next_change(self, now: float) -> float | None:
        """The UTC second after `now` at which another window, or none, begins to hold; None: never."""
        place = bisect_right(self._begins, now)
        return self._begins[place] if place < len(self._begins) else None

    def choice(self, now: float) -> Choice:
        """The window that holds at `now`, until when, and which others it beat by what."""
        holding = sorted((found.rank, found.window_id) for found in self.occurrences if found.begin <= now < found.end)
        best = holding[0][0] if holding else Rank()
        beaten: dict[str, str] = {}
        for rank, window_id in holding:
            if window_id != holding[0][1]:
                beaten.setdefault(window_id, _difference(best, rank))
        others = tuple((self.by_id[window_id], why) for window_id, why in beaten.items())
        return Choice(self.at(now), self.next_change(now), others, self.zone)

    def ever_holding(self) -> frozenset[str]:
        """The windows that hold at some time of the years covered."""
        return frozenset(window_id for window_id in (*self._holders, self.otherwise) if window_id is not None)


def _changes(occurrences: tuple[Occurrence, ...], otherwise: str | None) -> Iterator[tuple[float, str | None]]:
    """The moments at which another window holds, ascending, and which."""
    waiting = sorted((found for found in occurrences if found.begin < found.end), reverse=True)
    moments = sorted({at for found in waiting for at in (found.begin, found.end)})
    holding: list[tuple[Rank, str, float]] = []  # a heap: the lowest rank is first
    last = otherwise
    for at in moments:
        while waiting and waiting[-1].begin <= at:
            begun = waiting.pop()
            heappush(holding, (begun.rank, begun.window_id, begun.end))
        while holding and holding[0][2] <= at:
            heappop(holding)
        window_id = holding[0][1] if holding else otherwise
        if window_id != last:
            yield at, window_id
            last = window_id


def _difference(winner: Rank, other: Rank) -> str:
    """The first of the rank's figures that tells them apart."""
    return next((name for name in Rank._fields if getattr(winner, name) != getattr(other, name)), "written")


def _named(window: Window, language: str) -> str:
    return window.names.get(language, window.window_id)
