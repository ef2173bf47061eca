"""One slip in a calendar each: it is found at its place, alone, in plain words and with a remedy."""

import pytest

from config.calendar_checks import Reference, check_references
from tests.config.calendar_texts import SITE, read
from tests.config.folder import HERE

IT = "  it:\n    names: {zh: 某, en: It}\n"
DAY = "names: {zh: 某日, en: Some day}}"
# what is wrong, the calendar with ▶ before the place of the problem, message, suggestion
SLIPS = [
    ("no day of the week", "hours:\n  ▶mon-fry: 08:00-20:00", "'fry' is not a day of the week", "mon, tue"),
    ("a long name", "hours:\n  ▶Wendesday: 08:00-20:00", "'wendesday' is not a day", "did you mean 'Wednesday'?"),
    ("a day twice", "hours:\n  mon-fri: 08:00-20:00\n  ▶fri: 08:00-12:00", "Friday stands in 'mon-fri' and in 'fri'",
     "take it out"),
    ("no span", "hours:\n  daily: ▶8-20", "'8-20' is not a span of time", "write it as 08:00-20:00"),
    ("no time of day", "hours:\n  daily: ▶08:00-25:00", "25:00 is not a time of day", "00:00 to 24:00"),
    ("no length", "hours:\n  daily: ▶08:00-08:00", "begins and ends at the same time", "00:00-24:00"),
    ("spans that overlap", "hours:\n  daily: ▶08:00-14:00, 13:00-20:00", "begin at 08:00 and at 13:00 overlap", ""),
    ("borrowed hours in the week", "hours:\n  mon: 24h\n  tue: ▶as mon", "can't borrow", "write them out"),
    ("no hours", "hours:\n  daily:▶", "must be a list, not empty", ""),
    ("hours of days off", "official: {country: china, days_off: ▶shut}", "'shut' is not a span", "closed"),
    ("another country", "hours: {daily: 24h}\nofficial: {country: ▶chine}", "can't be 'chine'", "china"),
    ("an unknown setting", "hours: {daily: 24h}\n▶holydays: []", "unknown setting 'holydays'", "'holidays'"),
    ("a holiday without day", "holidays:\n  - ▶{" + DAY, "'days' of", "add 'days"),
    ("a time among days", "holidays:\n  - {days: ▶1 May 08:00-20:00, " + DAY, "has a time of day", "under `hours`"),
    ("a day that is not in every year", "holidays:\n  - {days: ▶lunar 12/30, " + DAY, "29 or 30 days", "12/last"),
    ("29 February", "holidays:\n  - {days: ▶29 Feb, " + DAY, "not in every year", "28 Feb or 1 Mar"),
    ("no such day", "holidays:\n  - {days: ▶31 Jun, " + DAY, "there is no 31 Jun", "1 to 30"),
    ("no month", "holidays:\n  - {days: ▶1 Mai, " + DAY, "'mai' is not a month", "'May'"),
    ("a year among holidays", "holidays:\n  - {days: ▶2027-02-05, " + DAY, "has no place here", "`special_days`"),
    ("a weekday among holidays", "holidays:\n  - {days: ▶Friday, " + DAY, "has no place here", "lunar 8/15"),
    ("a holiday among special days", "special_days:\n  - {days: ▶1 May, " + DAY, "has no place here", "`holidays`"),
    ("no such date", "special_days:\n  - {days: ▶2027-02-30, " + DAY, "there is no 2027-02-30", "2027-02-05"),
    ("dates turned round", "special_days:\n  - {days: ▶2027-03-02 - 2027-03-01, " + DAY, "ends before it begins", ""),
    ("a date twice", "special_days:\n  - {days: 2027-02-05 - 2027-02-07, " + DAY
     + "\n  - {days: ▶2027-02-06 - 2027-02-08, " + DAY, "names a day that '2027-02-05 - 2027-02-07' names already",
     "keep one"),
    ("a holiday twice", "holidays:\n  - {days: 1 May, " + DAY + "\n  - {days: ▶May 1, " + DAY, "names already", ""),
    ("a text missing", "holidays:\n  - {days: 1 May, names: ▶{zh: 五一}}", "'1 May' has no text in 'en'", "add 'en"),
    ("no day at all", "windows:\n  w: {when: ▶Firday 13:00 - Sunday 20:00, " + DAY, "'Firday' is not a day",
     "did you mean 'Friday'?"),
    ("no end", "windows:\n  w: {when: ▶Friday 13:00, " + DAY, "has no end", "Friday 13:00-24:00"),
    ("two kinds of dates", "windows:\n  w: {when: ▶Friday 13:00 - 1 May 20:00, " + DAY, "different kinds", ""),
    ("spaces forgotten", "windows:\n  w: {when: ▶1 May-3 May, " + DAY, "'1 May-3 May' is not a day", "' - '"),
    ("the same moment", "windows:\n  w: {when: ▶Friday 13:00 - Friday 13:00, " + DAY, "never holds", "a later end"),
    ("ends before it begins", "windows:\n  w: {when: ▶Friday 20:00 - Friday 02:00, " + DAY, "ends before",
     "Friday 20:00-02:00"),
    ("two for the rest", "windows:\n  a: {" + DAY + "\n  ▶b: {" + DAY, "'b' has no `when`, as 'a' has none", "when"),
    ("an unknown window in the order", "windows:\n  w: {when: 1 May, " + DAY + "\norder: [▶x]", "no window 'x'", "w"),
    ("a window twice in the order", "windows:\n  w: {when: 1 May, " + DAY + "\norder: [w, ▶w]", "named twice", ""),
    ("the rest in the order", "windows:\n  w: {when: 1 May, " + DAY + "\n  r: {" + DAY + "\norder: [▶r]",
     "only where no other", "take it out"),
    ("a window that never holds", "windows:\n  w: {when: 30 Apr - 2 May, " + DAY
     + "\n  ▶v: {when: 1 May, " + DAY + "\norder: [w]",
     "the window 'v' never holds: before it always comes w", "`order`"),
    ("an opening missing", "windows:\n  w: {when: 1 May, opening: ▶{en: Hi}, " + DAY,
     "the opening of 'w' has no text in 'zh'", "add 'zh"),
]  # fmt: skip


@pytest.mark.parametrize(("_name", "text", "message", "suggestion"), SLIPS, ids=[slip[0] for slip in SLIPS])
def test_a_slip_is_found_at_its_place_alone(_name: str, text: str, message: str, suggestion: str) -> None:
    marked = "calendars:\n" + IT + "".join(f"    {line}\n" for line in text.splitlines())
    before, _, after = marked.partition(HERE)
    place = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
    (problem,) = read(before + after)[2]
    assert ((problem.line, problem.column), problem.file) == (place, "routing.yaml")
    assert message in problem.message
    assert suggestion in problem.suggestion


def test_a_calendar_that_never_opens() -> None:
    text = "calendars:\n  it:\n    names: {zh: 某, en: It}\n    hours: {daily: closed}\n"
    (problem,) = read(text)[2]
    assert (problem.line, problem.message) == (2, "the calendar 'it' is never open")


def test_what_is_asked_exists_and_what_exists_is_asked() -> None:
    document, parts, _ = read(SITE)
    place = ("calendars", "greeting")
    asked = [Reference(document, place, name) for name in parts if name not in ("greeting", "billing", "callback")]
    asked += [Reference(document, place, "greeting", "weekend"), Reference(document, place, "billing", "run")]
    asked += [Reference(document, place, "calback"), Reference(document, place, "greeting", "weekends")]
    asked += [Reference(document, place, "greeting")]
    said = [(problem.message, problem.suggestion) for problem in check_references(document, parts, asked)]
    assert said == [
        ("the calendar 'calback' does not exist", "did you mean 'callback'?"),
        ("the calendar 'greeting' has no window 'weekends'", "did you mean 'weekend'?"),
        ("the calendar 'greeting' has no opening hours: it is always open",
         "give it `hours`, or name one of its windows"),
        ("nothing asks the calendar 'callback'", "name it in a condition, a queue or a tree, or remove it"),
    ]  # fmt: skip
