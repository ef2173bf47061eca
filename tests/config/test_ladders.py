"""Surge ladders from YAML: the shipped ones as values, and one slip each, found at its place and with a remedy."""

from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from pydantic import Field

from config.document import Document, parse_document
from config.ladder_checks import Known, check_surges, places_of_names
from config.ladders import DonorPart, SurgePart, donor_values, surge_conditions, surge_plans
from config.problems import Problem
from config.schema import Identifier, Part
from config.validation import validate
from routing.condition import Compare, Held, InCalendar, Latched, depends_on
from routing.figures import Figure
from routing.ladder import Calling, Lending, Telling, Way
from routing.lending import Choice
from routing.watch import Watch
from tests.config.folder import HERE
from tests.routing.floor_of_facts import floor_of
from tests.routing.peak import Now
from tests.routing.test_ladder_peak import shipped

SITE = Path(__file__).with_name("site_surge.yaml").read_text(encoding="utf-8")
QUEUES = ("enquiry", "billing", "faults", "complaints", "english")
PEOPLE = {
    "inbound": 45, "casework": 3, "outbound": 6, "quality": 4, "supervision": 2, "management": 3, "emergency": 7,
    "training": 0,
}  # fmt: skip
LENDABLE = frozenset(PEOPLE) - {"inbound"}
KNOWN = Known(QUEUES, PEOPLE, LENDABLE, {"day_shift": (), "emergency_seats": ()})


class SurgeLines(Part):
    """The part of routing.yaml that is about surges."""

    donors: dict[Identifier, DonorPart] = Field(default_factory=dict)
    surge: dict[Identifier, SurgePart] = Field(default_factory=dict)


def read(text: str) -> tuple[Document, SurgeLines, list[Problem]]:
    document, found = parse_document(text.encode(), "routing.yaml")
    value, problems = validate(document, SurgeLines)
    assert value is not None
    return document, value, [*found, *problems]


def problems_of(text: str) -> list[Problem]:
    document, lines, problems = read(text)
    return [*problems, *check_surges(document, lines.surge, lines.donors, KNOWN)]


# ---- the shipped ladders ----


def test_the_shipped_ladders_are_sound() -> None:
    assert problems_of(SITE) == []


def test_the_shipped_ladders_as_values() -> None:
    _, lines, _ = read(SITE)

    (plan,) = surge_plans(lines.surge)

    assert (plan.surge_id, plan.group_id) == ("inbound", "inbound")
    assert plan.queue_ids == ("enquiry", "billing", "faults", "complaints")
    assert (plan.settle_s, plan.settle_closed_s, plan.hold_s_max) == (240.0, 90.0, 7200.0)
    day, other = plan.ladders
    assert (day.active, other.active) == ("surge.inbound.day.active", "")
    assert [step.step_id for step in day.steps] == [
        "holiday_seats", "rearrange", "outbound", "quality", "managers", "more_seats", "emergency_plan",
    ]  # fmt: skip
    assert [(step.seats_min, step.seats_max) for step in day.steps[:5]] == [(5, 7), (1, 1), (2, 3), (2, 3), (2, 3)]
    assert "supervisor" in {step.step_id for step in other.steps} - {step.step_id for step in day.steps}
    managers = day.step("managers")
    assert managers is not None
    assert managers.lend == Lending("management", Choice.TOP_DOWN, answer_s=30.0)
    assert managers.call == Calling("management", (Way.BANNER, Way.CALL), 60.0, 900.0, Choice.TOP_DOWN)
    assert day.steps[2].lend == Lending("outbound", Choice.FEWEST_CALLS, answer_s=None)
    assert day.steps[6].tell == Telling(("supervision", "management"), (Way.BANNER, Way.WEBHOOK))
    assert day.steps[5].settle_s == 900.0


def test_a_group_that_is_lendable_is_a_donor_also_without_words_of_its_own() -> None:
    _, lines, _ = read(SITE)

    donors = {donor.group_id: donor for donor in donor_values(lines.donors, LENDABLE)}

    assert donors["outbound"].stay_min == 2
    assert (donors["training"].stay_min, donors["training"].healthy) == (0, "")
    assert set(donors) == LENDABLE


def test_every_condition_that_a_plan_names_has_its_value() -> None:
    text = SITE.replace("quality: {stay_min: 1}", 'quality: {stay_min: 1, healthy: {queue: english, waiting: "< 3"}}')
    _, lines, problems = read(text)

    conditions = surge_conditions(lines.surge, lines.donors, ZoneInfo("Asia/Shanghai"))

    assert problems == []
    (plan,) = surge_plans(lines.surge)
    healthy = [donor.healthy for donor in donor_values(lines.donors, LENDABLE) if donor.healthy]
    assert set(conditions) == {*plan.conditions(), *healthy}
    opens = conditions["surge.inbound.day.opens"]
    assert isinstance(opens, Held)
    assert opens.for_s == 300.0
    assert isinstance(opens.part, Latched)
    assert isinstance(opens.part.when, Compare)
    assert opens.part.when.queues == ("billing", "complaints", "enquiry", "faults"), "the plan's queues together"
    assert conditions["surge.inbound.day.active"] == InCalendar("day_shift")
    assert depends_on(conditions["donors.quality.healthy"]) == {("english", Figure.WAITING)}


@pytest.mark.parametrize("ladder_id", ["day", "other_hours"])
def test_the_shipped_conditions_are_those_that_the_numbers_were_found_with(ladder_id: str) -> None:
    """What `test_ladder_peak` judges is what the YAML says, at every moment of a restless day."""
    _, lines, _ = read(SITE)
    written = surge_conditions(lines.surge, lines.donors, ZoneInfo("Asia/Shanghai"))
    watches = [Watch(written[f"surge.inbound.{ladder_id}.{way}"]) for way in ("opens", "closes")]
    floor, random, now, answers = floor_of(QUEUES), Random(1), 0.0, set()
    judged = shipped()

    for _ in range(4000):
        # For some minutes the floor is calm, or busy, or neither.
        mood = int(now / 600.0) % 3
        waiting, ready = (random.randint(0, 5), 1) if mood == 0 else (random.randint(4, 30), random.randint(0, 1))
        floor.waits = {"billing": {str(n): now for n in range(waiting)}}
        floor.ready_agents = {"faults": ready}
        found = tuple(watch.look(floor, now) for watch in watches)
        assert found == tuple(condition(Now(now, waiting, ready)) for condition in judged)
        answers.add(found)
        now += random.uniform(1.0, 10.0)

    assert answers >= {(False, False), (True, False), (False, True)}


def test_the_names_are_where_a_missing_language_is_looked_for() -> None:
    document, lines, _ = read(SITE)

    places = list(places_of_names(lines.surge))

    assert len(places) == 1 + 2 + 7 + 7
    assert all(place in document.places.keys for place in places)


# ---- slips ----

LEND = "lend: {group: outbound, choose: fewest_calls}"
CLOSES = (
    'closes:\n          all:\n            - {waiting: "< 5", until: {waiting: ">= 10"}}\n'
    '            - {ready: ">= 1"}\n          for: 5m'
)
QUALITY = "names: {zh: 质检支援, en: Quality inspectors}\n            seats_min: 2\n            seats_max: 3"
OTHER = "      other_hours:\n        names: {zh: 非白班阶梯, en: Other hours}\n"
MORE = 'names: {zh: 一, en: One}, opens: {waiting: ">= 9"}, closes: {waiting: "< 5"}'
STEPS = "steps: [{id: one, names: {zh: 一, en: One}, seats_max: 1, lend: {group: quality}}]"
SECOND_PLAN = (
    "  second:\n    names: {zh: 二, en: Two}\n    queues: [english, ▶complaints]\n    lends_to: inbound\n"
    f"    ladders:\n      all_day: {{{MORE}, {STEPS}}}\n"
)

# name, what stands there (empty: the end), what is put in its place (▶ before the problem's), message, remedy
SLIPS = [
    # names
    ("an unknown group", LEND, "lend: {group: ▶outbond}", "group 'outbond' does not exist", "did you mean 'outbound'?"),
    ("an unknown group to call", "call: {group: inbound,", "call: {group: ▶inbond,", "'inbond' does not", "'inbound'"),
    ("an unknown group to tell", "tell: {groups: [supervision,", "tell: {groups: [▶supervison,",
     "'supervison' does not exist", "'supervision'"),
    ("an unknown group to join", "lends_to: inbound", "lends_to: ▶inbuond", "'inbuond' does not exist", "'inbound'"),
    ("an unknown donor", "  casework: {stay", "  ▶caseworks: {stay", "'caseworks' does not exist", "'casework'"),
    ("an unknown queue", "[enquiry, billing, faults", "[enquiry, ▶biling, faults", "queue 'biling' does not exist",
     "'billing'"),
    ("a queue named twice", "[enquiry, billing, faults", "[enquiry, billing, ▶enquiry, faults", "named twice",
     "remove"),
    ("an unknown calendar", "{calendar: day_shift}", "{calendar: ▶day_shif}", "'day_shif' does not", "'day_shift'"),
    ("a donor that lends nobody", "donors:\n", "donors:\n  ▶inbound: {}\n", "'inbound' lends nobody", "lendable: true"),
    ("an unknown choice", LEND, "lend: {group: outbound, choose: ▶fewest}", "can't be 'fewest'", "fewest_calls"),
    ("a unit written out", "settle_s: 240 ", "settle_s: ▶4m ", "must be a number, not '4m'", "without a unit"),
    ("an unknown setting", "settle_closed_s: 90", "▶settle_close_s: 90", "unknown setting", "'settle_closed_s'"),
    ("an unknown queue of a condition", CLOSES, 'closes: {waiting: "< 5", queue: ▶biling}', "'biling' does not exist",
     "'billing'"),
    # steps that can never be taken
    ("more at least than at most", QUALITY, QUALITY.replace("seats_min: 2", "seats_min: ▶4"),
     "seats_min is 4, more than seats_max, which is 3", "lower one or raise the other"),
    ("a group without agents", LEND, "lend: {group: ▶training}", "no agent belongs to 'training'", "give agents"),
    ("a group with too few agents", QUALITY, QUALITY.replace("min: 2", "min: ▶4").replace("max: 3", "max: 5"),
     "can never be taken: it needs 4, and 'quality' has 4, of whom 1 stay", "the donor's stay_min"),
    ("a group that lends to itself", LEND, "lend: {group: ▶inbound}", "lend its people to itself", "under `call`"),
    ("seats for nobody", "seats_max: 1\n            lend: {group: casework, choose: longest_idle}", "seats_max: ▶1",
     "nobody is named for these seats", "add `lend` or `call`"),
    ("people without seats", QUALITY + "\n            lend: {", "names: {zh: 质检, en: Quality}\n            lend: ▶{",
     "the step 'quality' has no seats", "seats_max"),
    ("a step that does nothing", "          - id: rearrange", "          - ▶{id: idle, names: {zh: 空, en: Idle}}\n"
     "          - id: rearrange", "the step 'idle' does nothing", "`tell`"),
    ("two steps of one id", "id: quality", "id: ▶outbound", "has a step 'outbound' already", "another word"),
    # conditions
    ("the way in is the way out", CLOSES,
     'closes: ▶{all: [{waiting: ">= 10", until: {waiting: "< 5", for: 2m}}], for: 5m}', "are the same", "leave a gap"),
    # ladders
    ("two ladders at the same times", OTHER,
     OTHER.replace("other", "▶other") + "        active: {calendar: day_shift}\n",
     "'other_hours' never counts: 'day' before it is active at the same times", "an `active` of its own"),
    ("a ladder behind one that always counts", "", f"      ▶night: {{{MORE}, {STEPS}}}\n",
     "'night' never counts: 'other_hours' before it always does", "put the one without last"),
    ("a queue with two plans", "", SECOND_PLAN, "the queue 'complaints' has the plan 'inbound' already",
     "make the ladders of both those of one plan"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "message", "remedy"), [slip[1:] for slip in SLIPS], ids=[s[0] for s in SLIPS])
def test_one_slip_is_found_at_its_place_alone(old: str, new: str, message: str, remedy: str) -> None:
    assert old in SITE, "the test is out of date"
    marked = SITE.replace(old, new, 1) if old else SITE + new
    before, _, after = marked.partition(HERE)
    expected = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)

    (problem,) = problems_of(before + after)

    assert message in problem.message
    assert remedy in problem.suggestion
    assert (problem.line, problem.column) == expected


def test_a_group_may_be_there_or_be_called_but_not_both_at_once() -> None:
    """Of three managers who are lent or called, three can be had, not six."""
    step = "seats_min: 2\n            seats_max: 3\n            lend: {group: management"
    text = SITE.replace(step, step.replace("min: 2", "min: 4").replace("max: 3", "max: 6"), 1)

    (problem,) = problems_of(text)

    assert "needs 4, and 'management' has 3" in problem.message


def test_a_broken_step_hides_no_other() -> None:
    text = SITE.replace("lend: {group: outbound, choose: fewest_calls}", "lend: {group: outbond}")

    assert len(problems_of(text.replace("lends_to: inbound", "lends_to: inbuond"))) == 3, "two steps and the plan"
