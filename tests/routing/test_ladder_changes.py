"""What stays lent when the shift changes, the file changes, or the switch dies."""

from dataclasses import replace

from routing.ladder import Calling, Donor, Ladder, LadderStep, Lending, SurgePlan, Way
from routing.lending import Choice
from routing.surge_memory import Memory, SurgeMemory
from routing.surge_words import ConditionChanged, HoldOrdered, SkipOrdered
from routing.surges import Surges
from tests.routing.ladder_floor import Scene, floor_of, words

SUPERVISOR = LadderStep("supervisor", seats_min=1, seats_max=1, lend=Lending("supervision"))
OUTBOUND = LadderStep("outbound", seats_min=1, seats_max=2, lend=Lending("outbound", Choice.TOP_DOWN))
QUALITY = LadderStep("quality", seats_min=1, seats_max=2, lend=Lending("quality", answer_s=30.0))
MANAGERS = LadderStep(
    "managers", seats_min=1, seats_max=1, call=Calling("management", (Way.CALL,), answer_s=60.0, arrive_s=900.0)
)
DAY = Ladder("day", "busy", "calm", (OUTBOUND, QUALITY), active="day_shift")
OTHER = Ladder("other_hours", "busy", "calm", (SUPERVISOR, OUTBOUND))
PLAN = SurgePlan("inbound", ("enquiry",), "inbound", (DAY, OTHER), settle_s=240.0, settle_closed_s=120.0)
DONORS = (Donor("outbound"), Donor("quality"), Donor("supervision"))
GROUPS = {
    "inbound": ["1001"], "outbound": ["2001", "2002", "2003"], "quality": ["3001", "3002", "3003"],
    "supervision": ["5001", "5002"], "management": ["4001"],
}  # fmt: skip


def scene(*plans: SurgePlan, out: tuple[str, ...] = ()) -> Scene:
    made = Scene(plans or [PLAN], DONORS, floor_of(GROUPS, out))
    made.told(calm=False)
    return made


def plan_of(*steps: LadderStep) -> SurgePlan:
    return replace(PLAN, ladders=(Ladder("day", "busy", "calm", steps),))


# ---- the shift changes ----


def test_the_next_ladder_takes_over_what_both_have_and_gives_the_rest_back_in_turn() -> None:
    floor = scene()
    assert floor.told(day_shift=True) == ["ladder day"]
    assert floor.told(busy=True) == ["open outbound", "lend 2001", "lend 2002"]
    floor.later(240)
    floor.says_yes("3001")
    assert floor.open_steps() == ["outbound", "quality"]

    assert floor.told(day_shift=False) == ["ladder other_hours"]

    assert floor.lent() == ["2001", "2002", "3001"]
    assert floor.later(240) == ["270: 3002 no_answer", "480: open supervisor", "480: lend 5001"]
    floor.told(busy=False, calm=True)
    assert [said for said in floor.later(999) if ": close" in said] == [
        "720: close supervisor", "840: close quality", "960: close outbound",
    ]  # fmt: skip


def test_a_step_that_only_the_old_ladder_has_gets_nobody_new() -> None:
    floor = scene()
    floor.told(day_shift=True, busy=True)
    floor.later(240)
    floor.told(day_shift=False)

    assert floor.says_no("3001") == ["3001 refused"]
    assert floor.log_out("2001") == ["back 2001 logged_out", "lend 2003"], "both have this one"


def test_the_seats_of_a_step_that_goes_on_are_those_of_the_new_ladder() -> None:
    narrow = replace(OTHER, steps=(replace(OUTBOUND, seats_max=1),))
    floor = scene(replace(PLAN, ladders=(DAY, narrow)))
    floor.told(day_shift=True, busy=True)

    assert floor.told(day_shift=False) == ["ladder other_hours", "back 2001 more_than_seats_max"]


def test_with_no_ladder_in_force_everybody_goes_home_in_turn() -> None:
    floor = scene(replace(PLAN, ladders=(DAY,)))
    floor.told(day_shift=True, busy=True)
    floor.later(240)

    assert floor.told(day_shift=False) == ["ladder none"]
    assert [said for said in floor.later(999) if ": close" in said] == ["480: close quality", "600: close outbound"]


def test_until_it_is_known_which_ladder_counts_nothing_is_opened() -> None:
    floor = scene()

    assert floor.told(busy=True) == []
    assert floor.told(day_shift=False) == ["ladder other_hours", "open supervisor", "lend 5001"]


def test_a_step_out_of_season_is_not_taken_and_gets_nobody_new() -> None:
    floor = scene(plan_of(replace(OUTBOUND, active="holiday"), SUPERVISOR))
    assert floor.told(busy=True) == ["open supervisor", "lend 5001"]
    assert floor.told(holiday=True) == []
    floor.later(240)
    assert floor.open_steps() == ["supervisor", "outbound"]

    floor.told(holiday=False)

    assert floor.log_out("2001") == ["back 2001 logged_out"]
    assert floor.lent() == ["2002", "5001"], "who is lent stays until the step is given back"


# ---- the switch dies ----


def test_after_a_restart_who_was_lent_stays_lent_and_everything_goes_on() -> None:
    floor = scene()
    floor.told(day_shift=True, busy=True)
    floor.later(240)
    floor.says_yes("3001")
    before = floor.surges.memory()

    assert floor.kill() == []

    assert floor.surges.memory() == before
    assert floor.lent() == ["2001", "2002", "3001"]
    assert floor.later(999) == ["270: 3002 no_answer"], "conditions are not known: nothing is opened or closed"
    assert floor.told(day_shift=True, calm=True)[0] == "close quality"
    assert floor.later(120)[0] == "1359: close outbound"


def test_a_restart_does_not_shorten_the_time_that_a_step_is_given() -> None:
    floor = scene()
    floor.told(day_shift=True, busy=True)
    floor.later(200)
    floor.kill()

    assert floor.told(day_shift=True, calm=False, busy=True) == []
    assert floor.later(39) == []
    assert floor.later(1)[0] == "240: open quality"


def test_who_left_or_came_while_the_switch_was_away() -> None:
    floor = scene(plan_of(OUTBOUND, MANAGERS), out=("4001",))
    floor.told(busy=True)
    floor.later(250)
    workers = floor.floor.workers
    workers["2001"].logged_in = False
    workers["4001"].logged_in = True
    del workers["2002"]

    assert floor.kill() == [
        "back 2001 logged_out", "back 2002 unknown_agent", "4001 came", "lend 4001", "short outbound 0 of 1",
    ]  # fmt: skip
    assert floor.told(calm=False) == ["lend 2003"]


def test_a_hold_and_a_skip_outlive_the_switch() -> None:
    floor = scene(plan_of(OUTBOUND, QUALITY))
    floor.tell(SkipOrdered("inbound", "outbound", "8001"))
    floor.tell(HoldOrdered("inbound", "8001", for_s=500.0))
    floor.kill()

    floor.told(calm=False, busy=True)
    assert floor.later(600)[:2] == ["500: resumed by time", "500: open quality"]


def test_a_loan_that_no_open_step_stands_for_is_given_back() -> None:
    """A memory that was spoiled: nobody may stay lent for ever."""
    floor = scene(plan_of(OUTBOUND))
    floor.told(busy=True)
    spoiled = replace(floor.stored(), surges=(SurgeMemory("inbound", "inbound", "day"),))

    surges = Surges(floor.plans, DONORS, floor.floor, spoiled)

    assert [words(one) for one in surges.advance(floor.now)] == [
        "back 2001 not_in_the_configuration", "back 2002 not_in_the_configuration"
    ]  # fmt: skip


# ---- the file changes ----


def test_steps_go_on_by_their_ids_when_the_file_changes() -> None:
    floor = scene(plan_of(OUTBOUND, QUALITY))
    floor.told(busy=True)

    said = floor.change([plan_of(QUALITY, replace(OUTBOUND, seats_max=3))])

    assert said == ["lend 2003"]
    assert floor.later(240)[0] == "240: open quality"


def test_a_step_that_the_file_has_lost_is_given_back_in_its_turn() -> None:
    floor = scene(plan_of(OUTBOUND, QUALITY))
    floor.told(busy=True)

    assert floor.change([plan_of(QUALITY)]) == []
    assert floor.told(calm=True) == []
    assert floor.later(240)[0] == "240: close outbound"


def test_a_plan_that_the_file_has_lost_gives_everybody_back_at_once() -> None:
    floor = scene(plan_of(OUTBOUND, QUALITY))
    floor.told(busy=True)
    floor.later(240)
    floor.says_yes("3001")

    assert floor.change([]) == [
        "close quality", "back 3001 not_in_the_configuration", "call off 3002 not_in_the_configuration",
        "close outbound", "back 2001 not_in_the_configuration", "back 2002 not_in_the_configuration",
    ]  # fmt: skip
    assert floor.surges.memory() == Memory(asks=2)


def test_a_plan_that_lends_to_another_group_begins_anew() -> None:
    floor = scene(plan_of(OUTBOUND))
    floor.told(busy=True)

    said = floor.change([replace(plan_of(OUTBOUND), group_id="english")])

    assert said[:3] == ["close outbound", "back 2001 not_in_the_configuration", "back 2002 not_in_the_configuration"]
    assert floor.surges.lent() == {"2003": "english", "2001": "english"}


def test_a_group_that_lends_no_more_gets_its_people_back() -> None:
    floor = scene(plan_of(OUTBOUND))
    floor.told(busy=True)
    floor.donors = ()

    assert floor.change(floor.plans)[:2] == ["back 2001 group_lends_nobody", "back 2002 group_lends_nobody"]


def test_a_file_without_the_ladder_in_force_closes_nothing_until_the_next_is_known() -> None:
    floor = scene(plan_of(OUTBOUND))
    floor.told(busy=True)

    renamed = replace(PLAN, ladders=(Ladder("night", "busy", "calm", (OUTBOUND,), active="night_shift"),))
    assert floor.change([renamed]) == []
    assert floor.later(999) == []
    assert floor.told(night_shift=True) == ["ladder night", "exhausted"]
    assert floor.open_steps() == ["outbound"]


# ---- two plans, one group ----


def test_two_plans_never_want_the_same_person() -> None:
    first = plan_of(replace(OUTBOUND, lend=Lending("outbound", Choice.TOP_DOWN)))
    second = replace(
        first, surge_id="english", queue_ids=("english",), group_id="english",
        ladders=(Ladder("day", "english_busy", "calm", (replace(OUTBOUND, lend=Lending("outbound", answer_s=30.0)),)),),
    )  # fmt: skip
    floor = scene(first, second)
    floor.told(english_busy=True)
    assert floor.question("2002") == "english.2"

    assert floor.told(busy=True) == ["open outbound", "lend 2003"]
    assert floor.says_yes("2001") == ["2001 accepted", "lend 2001"]
    assert floor.surges.lent() == {"2003": "inbound", "2001": "english"}
    assert floor.says_no("2002") == ["2002 refused", "lend 2002"]


def test_whom_one_plan_takes_another_passes_over_at_once() -> None:
    """The first plan's next step is not wanted; once its people are gone, the one behind it is next, and is."""
    first = plan_of(replace(OUTBOUND, closes="never_wanted"), SUPERVISOR)
    second = replace(
        first, surge_id="english", queue_ids=("english",), group_id="english",
        ladders=(Ladder("day", "english_busy", "calm", (replace(OUTBOUND, seats_max=3),)),),
    )  # fmt: skip
    floor = scene(first, second)
    assert floor.told(never_wanted=True, busy=True) == []

    assert floor.told(english_busy=True) == [
        "open outbound", "lend 2001", "lend 2002", "lend 2003", "open supervisor", "lend 5001",
    ]  # fmt: skip


def test_an_unknown_condition_is_of_no_interest() -> None:
    floor = scene()

    assert floor.tell(ConditionChanged("the_weather", True)) == []
    assert floor.surges.memory().surges == (SurgeMemory("inbound", "inbound"),)
