"""Conditions in YAML: the values that are made of them, and each slip at its place, with a remedy."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.condition_checks import Known, check_condition
from config.conditions import ConditionPart, condition
from config.document import parse_document
from config.durations import seconds
from config.estimates import EstimatePart, estimate_settings
from config.problems import Problem
from config.schema import Part
from config.validation import validate
from routing.bounds import Bounds
from routing.condition import All, Any, AtTime, Compare, Condition, Held, InCalendar, Latched, Not
from routing.estimate import EstimateSettings
from routing.figures import Figure
from routing.local_time import TimeOfDay, Weekday
from tests.config.folder import HERE

ZONE = ZoneInfo("Asia/Shanghai")
KNOWN = Known({"enquiry", "billing", "faults"}, {"office": (), "greeting": ("weekend", "national_day")})


class File(Part):
    when: ConditionPart


def read(text: str, own: str = "enquiry") -> tuple[Condition | None, list[Problem]]:
    """The value of a file (None with any problem), and all its problems."""
    document, problems = parse_document(text.encode(), "routing.yaml")
    if problems:
        return None, problems
    file, problems = validate(document, File)
    if file is not None and not problems:
        problems = list(check_condition(document, ("when",), file.when, KNOWN, own))
    return (None if problems or file is None else condition(file.when, ZONE, own)), problems


def value(text: str, own: str = "enquiry") -> Condition:
    found, problems = read(f"when: {text}\n", own)
    assert found is not None, problems
    return found


def compare(figure: Figure, bounds: Bounds, queues: tuple[str, ...] = ("enquiry",), over_s: float = 0.0) -> Compare:
    return Compare(figure, queues, bounds, over_s)


WAITING_10 = compare(Figure.WAITING, Bounds(low=10))
OPEN_BELOW_5 = compare(Figure.WAITING, Bounds(high=4))
LONGEST_60 = compare(Figure.LONGEST_WAIT_S, Bounds(low=60, low_open=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{waiting: ">= 10"}', WAITING_10),
        ('{waiting: "> 9"}', WAITING_10),
        ("{waiting: < 5}", OPEN_BELOW_5),
        ("{waiting: between 5 and 10}", compare(Figure.WAITING, Bounds(5, 10))),
        ("{ready: == 0}", compare(Figure.READY, Bounds(0, 0))),
        ('{longest_wait_s: "> 1m"}', LONGEST_60),
        ('{longest_wait_s: "> 60", queue: billing}', compare(Figure.LONGEST_WAIT_S, LONGEST_60.bounds, ("billing",))),
        ("{service_level: < 80 %}", compare(Figure.SERVICE_LEVEL, Bounds(high=0.8, high_open=True), over_s=900.0)),
        ("{service_level: < 0.8, over: 5m}",
         compare(Figure.SERVICE_LEVEL, Bounds(high=0.8, high_open=True), over_s=300.0)),
        ('{calls_per_hour: ">= 1200", queues: [faults, billing], over: 1h}',
         compare(Figure.CALLS_PER_HOUR, Bounds(low=1200), ("billing", "faults"), 3600.0)),
        ("{estimate_s: between 90 and 5m}", compare(Figure.ESTIMATE_S, Bounds(90, 300))),
        ("{time: 22:00-06:00}", AtTime(TimeOfDay(22 * 60, 30 * 60, ZONE))),
        ("{weekday: fri-sun}", AtTime(Weekday(frozenset({4, 5, 6}), ZONE))),
        ("{weekday: [mon, wed-thu]}", AtTime(Weekday(frozenset({0, 2, 3}), ZONE))),
        ("{calendar: office}", InCalendar("office")),
        ("{calendar: greeting, window: weekend}", InCalendar("greeting", "weekend")),
        ("{not: {calendar: office}}", Not(InCalendar("office"))),
        ('{waiting: ">= 10", longest_wait_s: "> 60"}', All((WAITING_10, LONGEST_60))),
        ('{any: [{waiting: ">= 10"}, {longest_wait_s: "> 60"}]}', Any((WAITING_10, LONGEST_60))),
        ('{all: [{waiting: ">= 10"}, {longest_wait_s: "> 60"}], for: 5m}', Held(All((WAITING_10, LONGEST_60)), 300.0)),
        ('{waiting: ">= 10", for: 90}', Held(WAITING_10, 90.0)),
        ('{waiting: ">= 10", for: 5m, until: {waiting: "< 5", for: 5m}}',
         Latched(Held(WAITING_10, 300.0), Held(OPEN_BELOW_5, 300.0))),
    ],
)  # fmt: skip
def test_what_is_written_and_what_it_means(text: str, expected: Condition) -> None:
    assert value(text) == expected


def test_queues_and_windows_count_for_what_is_nested() -> None:
    both = ("billing", "faults")
    parts = '{waiting: ">= 10"}, {abandon_rate: "> 5 %"}, {queue: enquiry, waiting: ">= 10"}'
    assert value(f"{{queues: [faults, billing], over: 5m, any: [{parts}]}}", own="") == Any(
        (
            compare(Figure.WAITING, Bounds(low=10), both),
            compare(Figure.ABANDON_RATE, Bounds(low=0.05, low_open=True), both, 300.0),
            WAITING_10,
        )
    )
    way_out = value('{queue: billing, waiting: ">= 10", until: {waiting: "< 5"}}')
    assert isinstance(way_out, Latched)
    assert way_out.until == compare(Figure.WAITING, Bounds(high=4), ("billing",))


def test_the_same_queues_in_another_order_are_the_same() -> None:
    """So that a watch goes on over a change of the file that changes nothing."""
    assert value('{waiting: "> 3", queues: [billing, faults]}') == value('{waiting: ">= 4", queues: [faults, billing]}')


# what is written, with ▶ before the place of the problem; message; remedy
SLIPS = [
    # form
    ("no comparison", "{waiting: ▶10}", "'waiting' is not right", 'such as ">= 10"'),
    ("half a person is no slip, a word is", '{waiting: ▶">= many"}', "'waiting' is not right", "write a comparison"),
    ("a percentage of people", '{waiting: ▶"> 10 %"}', "'waiting' is not right", ""),
    ("the wrong way round", "{waiting: ▶between 10 and 5}", "no number is between these two", "lower one first"),
    ("no duration", '{waiting: "> 1", for: ▶soon}', "write a time above 0, such as 90 (seconds), 90s, 5m or 1h", ""),
    ("no time at all", '{waiting: "> 1", for: ▶0}', "write a time above 0", ""),
    ("nothing after the colon", '{waiting: "> 1", for:▶ }', "nothing is written after the colon", ""),
    ("a time that no clock shows", "{time: ▶8:00-25:00}", "25:00 is not a time of day", "08:00-20:00"),
    ("one time only", '{time: ▶"08:00"}', "not a span of time", "08:00-20:00"),
    ("no day", "{weekday: ▶funday}", "'funday' is not a day of the week", "did you mean"),
    ("an unknown setting", '{▶watiing: ">= 10"}', "unknown setting 'watiing'", "did you mean 'waiting'?"),
    ("an unknown setting below", '{not: {any: [{▶longest_wait: "> 5"}]}}', "unknown setting 'longest_wait'",
     "longest_wait_s"),
    ("an empty list", "{any: ▶[]}", "'any' needs at least 1", ""),
    # names
    ("an unknown queue", '{waiting: "> 1", queue: ▶biling}', "the queue 'biling' does not exist",
     "did you mean 'billing'?"),
    ("an unknown one of several", '{waiting: "> 1", queues: [faults, ▶biling]}', "'biling' does not exist", "billing"),
    ("a queue named twice", '{waiting: "> 1", queues: [faults, ▶faults]}', "named twice", "remove"),
    ("both forms", '{waiting: "> 1", queue: ▶faults, queues: [billing]}', "both `queue` and `queues`", "`queues`"),
    ("an unknown calendar", "{calendar: ▶ofice}", "the calendar 'ofice' does not exist", "did you mean 'office'?"),
    ("an unknown window", "{calendar: greeting, window: ▶weekends}", "has no window 'weekends'", "'weekend'"),
    ("a window of nothing", "{window: ▶weekend, time: 08:00-09:00}", "which calendar", "add `calendar"),
    ("an unknown queue deep down", '{any: [{time: 08:00-09:00}, {not: {waiting: "> 1", queue: ▶x}}]}',
     "the queue 'x' does not exist", "known are: billing, enquiry, faults"),
    # what can't or must hold
    ("nothing said", "▶{for: 5m}", "does not say what must hold", "waiting"),
    ("never", "{waiting: ▶< 0}", "'waiting' can never be < 0", "never below 0"),
    ("half a caller", "{waiting: ▶== 2.5}", "'waiting' can never be == 2.5", "a whole number"),
    ("the whole day", "{time: ▶00:00-24:00}", "the whole day", "remove"),
    ("the whole week", "{weekday: ▶mon-sun}", "all days", "remove"),
    ("always", '{waiting: ▶">= 0"}', "'waiting' is always >= 0", "remove it"),
    ("always at the other end", "{service_level: ▶<= 100 %}", "'service_level' is always <= 1", "between 0 and 1"),
    ("percent without its sign", "{service_level: ▶< 80}", "'service_level' is always < 80", "did you mean 80 %?"),
    ("percent the other way", '{abandon_rate: ▶"> 5"}', "'abandon_rate' can never be > 5", "did you mean 5 %?"),
    ("a wait to the second", "{longest_wait_s: ▶== 60}", "grows on and on", '">= 60"'),
    ("a contradiction", '{all: [{waiting: ">= 10"}, {waiting: ▶"< 5"}]}',
     "can't hold together with 'waiting >= 10' of line 1", "did you mean `any`"),
    ("a contradiction across levels", '{waiting: ">= 10", all: [{longest_wait_s: "> 5", all: [{waiting: ▶< 10}]}]}',
     "can't hold together with 'waiting >= 10'", "`any`"),
    ("no number between", '{all: [{waiting: "> 5"}, {waiting: ▶< 6}]}', "with 'waiting > 5' of line 1", ""),
    ("said once, also of nested groups", '{ready: < 2, all: [{all: [{waiting: ">= 10"}, {waiting: ▶"< 5"}]}]}',
     "with 'waiting >= 10'", ""),
    ("said once, also beside another", '{all: [{waiting: ▶"< 0"}, {waiting: "> 5"}]}', "can never be", ""),
    ("days that never meet", "{all: [{weekday: mon-fri}, {weekday: ▶[sat, sun]}]}", "can't hold together", ""),
    ("times that never meet", "{all: [{time: 08:00-12:00}, {time: ▶12:00-20:00}]}", "can't hold together", ""),
    ("a day and more", '{waiting: "> 1", for: ▶25h}', "25 h is more than a day", "shorten"),
    ("a look back of days", '{service_level: "> 0.5", over: ▶48h}', "48 h is more than a day", "less far"),
    ("a look back for nothing", '{waiting: "> 1", over: ▶5m}', "`over` is for abandon_rate", "`for` is how long"),
    ("in and out at once", '{waiting: ">= 10", until: {waiting: ▶"< 12"}}',
     "while waiting is between 10 and 11, `until` holds as well", "a gap"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message", "remedy"), [slip[1:] for slip in SLIPS], ids=[slip[0] for slip in SLIPS])
def test_a_slip_is_found_at_its_place(text: str, message: str, remedy: str) -> None:
    text = f"when: {text}\n"
    column = text.index(HERE) + 1
    found, problems = read(text.replace(HERE, ""))
    assert found is None
    assert [(one.line, one.column) for one in problems] == [(1, column)], problems
    assert message in str(problems[0])
    assert remedy in str(problems[0])


def test_a_condition_of_no_queue_must_name_one() -> None:
    found, problems = read('when: {any: [{waiting: ">= 10"}, {queue: faults, waiting: ">= 10"}]}\n', own="")
    assert found is None
    assert [str(one) for one in problems] == [
        "routing.yaml:1:24: whose 'waiting' is meant is not said; add `queue: ...` or `queues: [...]`"
    ]


def test_all_slips_are_said_at_once() -> None:
    text = """\
when:
  waiting: ">= 10"
  any:
    - {queue: fault, ready: < 2}
    - {service_level: "> 90", until: {calendar: none}}
"""
    lines = [(one.line, one.message) for one in read(text)[1]]
    assert lines == [
        (4, "the queue 'fault' does not exist"),
        (5, "'service_level' can never be > 90"),
        (5, "the calendar 'none' does not exist"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        '{any: [{waiting: ">= 10"}, {waiting: "< 5"}]}',
        '{all: [{waiting: ">= 10"}, {waiting: "< 5", queue: billing}]}',
        '{all: [{service_level: "> 50 %", over: 1h}, {service_level: "< 50 %", over: 5m}]}',
        '{all: [{waiting: "< 5"}, {waiting: ">= 10", until: {waiting: "< 3"}}]}',
        '{waiting: ">= 10", not: {waiting: ">= 20"}}',
        '{waiting: ">= 10", until: {ready: ">= 1"}}',
        "{all: [{time: 22:00-06:00}, {time: 05:00-08:00}]}",
        "{service_level: between 50 % and 90 %}",
    ],
)
def test_what_only_looks_like_a_slip(text: str) -> None:
    assert value(text) is not None


@given(st.integers(0, 10**6), st.sampled_from(["", "s", "m", "h", " s", " m"]))
def test_durations(number: int, unit: str) -> None:
    assert seconds(f"{number}{unit}") == number * {"m": 60, "h": 3600}.get(unit.strip(), 1)


def test_the_schema_for_editors() -> None:
    schema = json.dumps(File.model_json_schema())
    for word in ("waiting", '"for"', '"not"', "until", "between"):
        assert word in schema
    assert "for_s" not in schema


def test_the_estimate() -> None:
    document, _ = parse_document(b"aht_start: 3m\nerror_max: 0.3\n", "routing.yaml")
    part, problems = validate(document, EstimatePart)
    assert problems == []
    assert part is not None
    assert estimate_settings(part) == EstimateSettings(aht_start_s=180.0, error_max=0.3)
    assert estimate_settings(EstimatePart()) == EstimateSettings()
