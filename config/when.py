"""The written forms of times: opening hours, days, and windows from one moment to another.

Supervisors write them as text; what can't be read raises `UnclearError` with the fact and the remedy. Days and months
have English names, in full or their first three letters. The dash and colon of a Chinese keyboard are understood, too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from config.problems import did_you_mean

DAY_MINUTES = 1440
Span = tuple[int, int]

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
WEEKDAYS: Mapping[str, int] = {name.lower()[:n]: day for day, name in enumerate(WEEKDAY_NAMES) for n in (3, None)}
MONTHS: Mapping[str, int] = {name.lower()[:n]: month for month, name in enumerate(_MONTHS, start=1) for n in (3, None)}
_KEYBOARD = str.maketrans({"：": ":", "－": "-", "–": "-", "—": "-", "～": "-", "~": "-", "，": ","})
_CLOCK = r"(\d{1,2}):(\d{2})"
_SPAN = re.compile(rf"{_CLOCK}\s*-\s*{_CLOCK}")
_WITH_SPAN = re.compile(rf"(?P<anchor>.*\S)\s+(?P<span>{_SPAN.pattern})")
_DASH = re.compile(r"\s+-\s+|(?<=[\w])-(?=[A-Za-z])")


class UnclearError(ValueError):
    """A text that can't be read: what is wrong with it, and what to write."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


@dataclass(frozen=True, slots=True)
class SameAs:
    """The hours of a weekday (0: Monday)."""

    weekday: int


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day."""


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week on `weekday` (0: Monday)."""

    weekday: int


@dataclass(frozen=True, slots=True)
class Monthly:
    """Every month on `day`; 0: its last."""

    day: int


@dataclass(frozen=True, slots=True)
class Yearly:
    """Every year on a date of the common calendar."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Lunar:
    """Every year on a date of the lunar calendar, leap months aside; day 0: the month's last, the 29th or 30th."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Once:
    """One date."""

    day: date


Anchor = Daily | Weekly | Monthly | Yearly | Lunar | Once
FORMS = "Friday, 1 May, lunar 8/15, lunar 12/last, day 5 or 2027-02-05"


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins` minutes after the midnight of `first` until `ends` minutes after that of `last`.

    Both anchors are of one kind; `last` is the first one not before the beginning. `ends` may exceed 1440 where both
    are the same day.
    """

    first: Anchor
    begins: int
    last: Anchor
    ends: int


# ---- opening hours ----


def read_hours(written: Iterable[str]) -> tuple[Span, ...] | SameAs:
    """Spans in minutes, ascending, from texts such as "08:00-20:00", "closed", "24h" or "as mon".

    Raises UnclearError for what is none of these, and for spans that overlap.
    """
    texts = [text.translate(_KEYBOARD).strip() for text in written]
    if len(texts) == 1:
        word = texts[0].lower()
        if word == "closed":
            return ()
        if word == "24h":
            return ((0, DAY_MINUTES),)
        if word.startswith("as "):
            return SameAs(_weekday(word[3:].strip()))
    spans = sorted(map(read_span, texts))
    if not spans:
        raise UnclearError("there are no hours", "write them as 08:00-20:00, or closed")
    for (begins, ends), (follows, _) in pairwise(spans):
        if follows < ends:
            said = f"the spans that begin at {_clock(begins)} and at {_clock(follows)} overlap"
            raise UnclearError(said, "make one of them, or let one end before the other begins")
    return _joined(spans)


def read_span(text: str) -> Span:
    """Minutes from midnight of "20:00-02:00": (1200, 1560). Raises UnclearError."""
    found = _SPAN.fullmatch(text)
    if not found:
        raise UnclearError(f"'{text}' is not a span of time", "write it as 08:00-20:00, or closed, 24h, as mon")
    begins, ends = _minute(*found.group(1, 2)), _minute(*found.group(3, 4))
    if begins == ends:
        raise UnclearError(f"'{text}' begins and ends at the same time", "write 00:00-24:00 for the whole day")
    if begins == DAY_MINUTES:
        raise UnclearError(f"'{text}' begins at 24:00", "write 00:00, on the day after")
    return begins, ends if ends > begins else ends + DAY_MINUTES


def read_weekdays(key: str) -> list[int]:
    """The weekdays (0: Monday) of "mon-fri", "sat, sun" or "daily". Raises UnclearError."""
    days: list[int] = []
    for part in key.translate(_KEYBOARD).lower().split(","):
        if part.strip() == "daily":
            days += range(7)
            continue
        first, _, last = (word.strip() for word in part.partition("-"))
        begin = _weekday(first)
        end = _weekday(last) if last else begin
        days += [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]
    return days


def _joined(spans: list[Span]) -> tuple[Span, ...]:
    """Spans that touch, as one."""
    joined: list[Span] = []
    for begins, ends in spans:
        if joined and joined[-1][1] == begins:
            joined[-1] = (joined[-1][0], ends)
        else:
            joined.append((begins, ends))
    return tuple(joined)


def _weekday(word: str) -> int:
    if word not in WEEKDAYS:
        names = [*WEEKDAY_NAMES, "daily"]
        hint = did_you_mean(word, names) if len(word) > 3 else "write mon, tue, wed, thu, fri, sat, sun or daily"
        raise UnclearError(f"'{word}' is not a day of the week", hint)
    return WEEKDAYS[word]


def _minute(hour: str, minute: str) -> int:
    if int(minute) > 59 or int(hour) * 60 + int(minute) > DAY_MINUTES:
        raise UnclearError(f"{hour}:{minute} is not a time of day", "write 00:00 to 24:00")
    return int(hour) * 60 + int(minute)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


# ---- days and windows ----


def read_period(text: str) -> Period:
    """A window such as "Friday 13:00 - Sunday 20:00", "lunar 1/15 07:00-24:00" or "1 May - 3 May".

    Where no time is written it begins at 00:00 and ends at 24:00. Raises UnclearError.
    """
    text = " ".join(text.translate(_KEYBOARD).split())
    if found := _WITH_SPAN.fullmatch(text):
        anchor = _anchor(found["anchor"])
        begins, ends = read_span(found["span"])
        return Period(anchor, begins, anchor, ends)
    points = _DASH.split(text)
    if len(points) > 2:
        raise UnclearError(f"'{text}' has more than two moments", "write it as Friday 13:00 - Sunday 20:00")
    first, begins = _point(points[0], 0)
    last, ends = _point(points[-1], DAY_MINUTES)
    if len(points) == 1 and begins:
        raise UnclearError(f"'{text}' has no end", f"write it as {points[0]}-24:00")
    if type(first) is not type(last):
        raise UnclearError(f"'{text}' begins and ends by different kinds of dates", f"write both as one of {FORMS}")
    if len(points) == 1:
        ends = DAY_MINUTES
    if begins == DAY_MINUTES:
        raise UnclearError(f"'{text}' begins at 24:00", "write 00:00 of the day after")
    if first == last and begins == ends:
        raise UnclearError(f"'{text}' begins and ends at the same moment, so it never holds", "give it a later end")
    if isinstance(first, Once) and isinstance(last, Once) and last.day < first.day:
        raise UnclearError(f"'{text}' ends before it begins", "put the earlier date first")
    if isinstance(first, Daily):
        return Period(first, begins, last, ends if ends > begins else ends + DAY_MINUTES)
    if first == last and ends < begins:
        raise UnclearError(f"'{text}' ends before it begins", "to go on past midnight write it as Friday 20:00-02:00")
    return Period(first, begins, last, ends)


def read_days(text: str) -> Period:
    """Whole days, such as "1 May - 3 May". Raises UnclearError, for times of day too."""
    if re.search(_CLOCK, text.translate(_KEYBOARD)):
        raise UnclearError(f"'{text}' has a time of day", "write whole days here, and their times under `hours`")
    return read_period(text)


def _point(text: str, otherwise: int) -> tuple[Anchor, int]:
    found = re.fullmatch(rf"(?P<anchor>.*\S)\s+{_CLOCK}", text)
    if found:
        return _anchor(found["anchor"]), _minute(found[2], found[3])
    return _anchor(text), otherwise


def _anchor(text: str) -> Anchor:
    word = text.strip().lower()
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word):
        return _once(text, *map(int, found.groups()))
    if found := re.fullmatch(r"lunar\s+(\d{1,2})\s*/\s*(\d{1,2}|last)", word):
        return _lunar(text, int(found[1]), found[2])
    if found := re.fullmatch(r"day\s+(\d{1,2}|last)", word):
        return _monthly(text, found[1])
    if found := re.fullmatch(r"(\d{1,2})\s+([a-z]+)", word):
        return _yearly(text, int(found[1]), found[2])
    if found := re.fullmatch(r"([a-z]+)\s+(\d{1,2})", word):
        return _yearly(text, int(found[2]), found[1])
    if word == "daily":
        return Daily()
    if word in WEEKDAYS:
        return Weekly(WEEKDAYS[word])
    if re.fullmatch(r"[a-z]+", word):
        raise UnclearError(f"'{text}' is not a day", did_you_mean(word, [*WEEKDAY_NAMES, "daily"]) or f"write {FORMS}")
    raise UnclearError(f"'{text}' is not a day", f"write {FORMS}, with ' - ' between two moments")


def _once(text: str, year: int, month: int, day: int) -> Once:
    try:
        return Once(date(year, month, day))
    except ValueError:
        raise UnclearError(f"there is no {text}", "write year, month and day as 2027-02-05") from None


def _yearly(text: str, day: int, month_name: str) -> Yearly:
    if month_name not in MONTHS:
        raise UnclearError(f"'{month_name}' is not a month", did_you_mean(month_name, _MONTHS) or "write 1 May")
    month = MONTHS[month_name]
    if not 1 <= day <= _LONGEST[month - 1]:
        raise UnclearError(f"there is no {text}", f"the month has days 1 to {_LONGEST[month - 1]}")
    if (month, day) == (2, 29):
        raise UnclearError("29 Feb is not in every year", "write 28 Feb or 1 Mar")
    return Yearly(month, day)


def _lunar(text: str, month: int, day: str) -> Lunar:
    if not 1 <= month <= 12:
        raise UnclearError(f"there is no {text}", "write month/day, the month from 1 to 12")
    if day == "last":
        return Lunar(month, 0)
    if int(day) == 30:
        raise UnclearError(f"{text} is not in every year: lunar months have 29 or 30 days", f"write lunar {month}/last")
    if not 1 <= int(day) <= 29:
        raise UnclearError(f"there is no {text}", "write month/day, the day from 1 to 29, or last")
    return Lunar(month, int(day))


def _monthly(text: str, day: str) -> Monthly:
    if day == "last":
        return Monthly(0)
    if not 1 <= int(day) <= 28:
        raise UnclearError(f"{text} is not in every month", "write day 1 to day 28, or day last")
    return Monthly(int(day))
