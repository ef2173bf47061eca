"""Opening hours: is it open at a moment, until when, and by which rule.

For each date one rule says which spans begin on it: that of the date itself where it has one (a special day, a
holiday, an official day off), else that of its weekday. A span past midnight belongs to the day on which it begins, and
holds whatever the next day's rule is. Which rule wins where several know a date is settled when the values are made.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from math import inf
from zoneinfo import ZoneInfo

from routing.wall_clock import local_day, local_words, moment

DAY_MINUTES = 1440
Span = tuple[int, int]  # opens, closes: minutes from midnight; a span past midnight closes after 1440
ALL_DAY: tuple[Span, ...] = ((0, DAY_MINUTES),)

_ONE_DAY = timedelta(days=1)
# With no date of its own ahead, a week's hours show every change they have within two weeks.
_DAYS_AHEAD = 15


class Rule(StrEnum):
    """What decides about a date, the strongest first."""

    SPECIAL_DAY = "special_day"
    HOLIDAY = "holiday"
    OFFICIAL_DAY_OFF = "official_day_off"
    WORKING_WEEKEND = "working_weekend"
    STATUTORY_DAY_OFF = "statutory_day_off"
    WEEKLY_HOURS = "weekly_hours"


_RULE_NAMES: Mapping[str, Mapping[Rule, str]] = {
    "en": {
        Rule.SPECIAL_DAY: "special day",
        Rule.HOLIDAY: "holiday",
        Rule.OFFICIAL_DAY_OFF: "official day off",
        Rule.WORKING_WEEKEND: "official working weekend",
        Rule.STATUTORY_DAY_OFF: "day off by law, the year's decree is not known yet",
        Rule.WEEKLY_HOURS: "weekly hours",
    },
    "zh": {
        Rule.SPECIAL_DAY: "特殊日期",
        Rule.HOLIDAY: "节假日",
        Rule.OFFICIAL_DAY_OFF: "国家放假",
        Rule.WORKING_WEEKEND: "调休上班",
        Rule.STATUTORY_DAY_OFF: "法定假日，当年放假安排尚未收录",
        Rule.WEEKLY_HOURS: "每周时间",
    },
}


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The spans that begin on a day (ascending, apart from each other), and the rule that gave them.

    `names` says what day it is, by language: {"zh": "国庆节", "en": "National Day"}; empty for weekly hours.
    """

    spans: tuple[Span, ...]
    rule: Rule = Rule.WEEKLY_HOURS
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opening:
    """Open or closed at one moment. `until` is the UTC second of the next change, None if there is none.

    `day` is the date whose plan decided: yesterday's, where a span past midnight still holds.
    """

    is_open: bool
    until: float | None
    day: date
    plan: DayPlan
    zone: ZoneInfo

    def in_words(self, language: str) -> str:
        """For people who read `language`, zh or en: open or closed, until when, by which rule."""
        rule = _RULE_NAMES[language][self.plan.rule]
        hours = spans_in_words(self.plan.spans, language)
        named = self.plan.names.get(language) or next(iter(self.plan.names.values()), "")
        at = "" if self.until is None else local_words(self.until, self.zone, language)
        if language == "zh":
            until = f"，至 {at}" if at else ""
            about = f"{rule}：{named}，{hours}" if named else f"{rule}：{hours}"
            return f"{'开放' if self.is_open else '休息'}{until}（{about}）"
        until = f" until {at}" if at else ""
        about = f"{rule}: {named}, {hours}" if named else f"{rule}: {hours}"
        return f"{'open' if self.is_open else 'closed'}{until} ({about})"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Opening hours in a time zone. `week` has seven plans, Monday's first; `days` those of dates with their own rule.

    Dates far from the day these were made follow the week alone: `days` covers some years only.
    """

    zone: ZoneInfo
    week: tuple[DayPlan, ...]
    days: Mapping[date, DayPlan] = field(default_factory=dict)
    _own_days: tuple[date, ...] = field(init=False, repr=False, compare=False)
    _every_day: tuple[Span, ...] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own_days", tuple(sorted(self.days)))
        kinds = {plan.spans for plan in self.week}
        constant = next(iter(kinds)) if kinds in ({ALL_DAY}, {()}) else None
        object.__setattr__(self, "_every_day", constant)

    def is_open(self, now: float) -> bool:
        """Whether a span holds at the UTC second `now`."""
        return self._open_by(now) is not None

    def next_change(self, now: float) -> float | None:
        """The UTC second after `now` at which it opens or closes; None if it never does."""
        return self.at(now).until

    def at(self, now: float) -> Opening:
        """Open or closed at `now`, until when and why. One look serves until then."""
        today = local_day(now, self.zone)
        open_by = self._open_by(now)
        is_open, decided = open_by is not None, open_by or today
        until = self._closes(now, today) if is_open else self._opens(now, today)
        return Opening(is_open, None if until == inf else until, decided, self.plan(decided), self.zone)

    def plan(self, day: date) -> DayPlan:
        """What holds for the spans that begin on `day`."""
        own = self.days.get(day)
        return self.week[day.weekday()] if own is None else own

    def _open_by(self, now: float) -> date | None:
        """The day whose span holds at `now`: today, yesterday past midnight, tomorrow where midnight came twice."""
        today = local_day(now, self.zone)
        return next((day for day in (today, today - _ONE_DAY, today + _ONE_DAY) if self._holds(day, now)), None)

    def _holds(self, day: date, now: float) -> bool:
        spans = self.plan(day).spans
        return any(moment(day, opens, self.zone) <= now < moment(day, closes, self.zone) for opens, closes in spans)

    def _opens(self, now: float, today: date) -> float | None:
        """When it opens next, closed at `now`."""
        return next((begin for begin, _ in self._open_times(today - _ONE_DAY) if begin > now), None)

    def _closes(self, now: float, today: date) -> float | None:
        """When it closes next, open at `now`: spans that touch are one."""
        closes = now
        for begin, end in self._open_times(today - _ONE_DAY):
            if begin > closes:
                return closes
            closes = max(closes, end)
        # All that can change has been looked at: there is no further span, or there is always one.
        return None if self._every_day is None else closes

    def _open_times(self, day: date) -> Iterator[tuple[float, float]]:
        """Begin and end (UTC) of the open spans from `day` on, in order of time.

        Ends where nothing can change any more. Days that are all alike come as one, so that a date years ahead is near.
        """
        own = self._own_days
        last = max(day, own[-1] if own else day) + _DAYS_AHEAD * _ONE_DAY
        while day <= last:
            if self._every_day is not None and day not in self.days:
                at = bisect_left(own, day)
                if self._every_day:
                    begin = moment(day, 0, self.zone)
                    yield begin, moment(own[at], 0, self.zone) if at < len(own) else inf
                if at == len(own):
                    return
                day = own[at]
            for opens, closes in self.plan(day).spans:
                begin, end = moment(day, opens, self.zone), moment(day, closes, self.zone)
                if begin < end:  # a change of the clocks may swallow a span whole
                    yield begin, end
            day += _ONE_DAY


def spans_in_words(spans: tuple[Span, ...], language: str) -> str:
    """Spans as they are written in the YAML: "08:00-12:00, 14:00-18:00"."""
    if not spans:
        return "休息" if language == "zh" else "closed"
    if spans == ALL_DAY:
        return "24 小时" if language == "zh" else "24 hours"
    return ("、" if language == "zh" else ", ").join(f"{_clock(opens)}-{_clock(closes)}" for opens, closes in spans)


def _clock(minute: int) -> str:
    """1440 is 24:00; what lies past midnight is the clock of the next day."""
    if minute > DAY_MINUTES:
        minute -= DAY_MINUTES
    return f"{minute // 60:02d}:{minute % 60:02d}"
