"""From the clock on the wall to UTC and back, on the days the clocks change too.

A wall-clock time that a change skips is the moment of that change; one that comes twice is its first coming. So times
keep their order, and what begins where another ends still does.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}


def moment(day: date, minute: int, zone: ZoneInfo) -> float:
    """The UTC second at which the wall clock shows `minute` after the midnight that begins `day`.

    `minute` may be 1440 (24:00) and more: it counts on into the following days.
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    shown_s = (day.toordinal() - _EPOCH_DAY) * 86400 + minute * 60
    before, after = _offset_s(wall, zone), _offset_s(wall.replace(fold=1), zone)
    if before < after:  # the clock jumps over it
        return float(_jump(shown_s - after, shown_s - before, zone))
    return float(shown_s - before)


def local_day(now: float, zone: ZoneInfo) -> date:
    """The date on the wall at `now`, a UTC second."""
    return datetime.fromtimestamp(now, zone).date()


def local_words(at: float, zone: ZoneInfo, language: str) -> str:
    """A UTC second as people in `zone` read it, such as "Thu 2026-10-08 08:30"; `language` is zh or en."""
    wall = datetime.fromtimestamp(at, zone)
    weekday = _WEEKDAYS[language][wall.weekday()]
    return f"{wall:%Y-%m-%d} {weekday} {wall:%H:%M}" if language == "zh" else f"{weekday} {wall:%Y-%m-%d %H:%M}"


def _offset_s(wall: datetime, zone: ZoneInfo) -> int:
    """How far the zone is ahead of UTC at a time on its wall; where there are two answers, `fold` chooses."""
    offset = zone.utcoffset(wall)
    return 0 if offset is None else round(offset.total_seconds())


def _jump(low: int, high: int, zone: ZoneInfo) -> int:
    """The second at which the offset of `high` begins; at `low` it has not."""
    after = datetime.fromtimestamp(high, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high
