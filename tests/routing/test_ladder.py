"""The surge ladder, scene by scene: the steps of the shipped site, a rule each."""

from dataclasses import replace

from routing.ladder import Donor, Lending
from routing.surge_words import AskAccepted, Lend, StepOpened
from tests.routing.ladder_site import DONORS, MANAGERS, OUTBOUND, PLAN_B, QUALITY, REARRANGE, scene

# ---- up and down ----


def test_one_step_at_a_time_up_and_in_reverse_down_each_given_time_to_work() -> None:
    floor = scene(REARRANGE, OUTBOUND)

    assert floor.told(busy=True) == ["open rearrange", "lend 1501"]
    assert floor.later(600) == ["240: open outbound", "240: lend 2001", "240: lend 2002", "240: lend 2003",
                                "480: exhausted"]  # fmt: skip
    assert floor.told(busy=False) == []
    assert floor.later(1000) == []
    assert floor.told(calm=True)[0] == "close outbound"
    assert floor.lent() == ["1501"]
    assert floor.later(120) == ["1720: close rearrange", "1720: back 1501 step_closed"]
    assert floor.later(9999) == []


def test_a_step_that_is_open_stays_for_its_time_although_it_is_calm_at_once() -> None:
    floor = scene()
    floor.told(busy=True)

    assert floor.told(busy=False, calm=True) == []
    assert floor.later(999) == ["240: close rearrange", "240: back 1501 step_closed"]


def test_after_a_step_was_given_back_it_is_not_taken_again_at_once() -> None:
    floor = scene(REARRANGE)
    floor.told(busy=True, calm=True)
    floor.later(240)

    assert floor.told(calm=False) == []
    assert floor.later(999) == ["360: open rearrange", "360: lend 1501", "600: exhausted"]


def test_while_both_conditions_hold_nothing_is_opened() -> None:
    floor = scene()

    assert floor.told(calm=True, busy=True) == []
    assert floor.later(999) == []


def test_a_step_with_a_condition_and_a_time_of_its_own() -> None:
    floor = scene(replace(REARRANGE, settle_s=30.0), replace(OUTBOUND, opens="very_busy", closes="very_calm"))
    floor.told(very_calm=False, busy=True)

    assert floor.later(999) == []
    assert floor.told(very_busy=True)[0] == "open outbound"
    assert floor.told(busy=False, calm=True) == []
    assert floor.later(999) == []
    assert floor.told(very_calm=True)[0] == "close outbound"


def test_the_journal_has_the_figures_that_caused_a_step() -> None:
    floor = scene(REARRANGE)
    floor.floor.live = {"waiting": 12.0}
    floor.told(busy=True)

    (opened,) = [one for _, one in floor.decisions if isinstance(one, StepOpened)]
    (lent,) = [one for _, one in floor.decisions if isinstance(one, Lend)]
    assert (opened.number, opened.level, opened.figures) == (1, 1, {"waiting": 12.0})
    assert (lent.group_id, lent.rule, lent.choice, lent.figures) == (
        "inbound", "longest_idle", "1 could go", {"waiting": 12.0}
    )  # fmt: skip


def test_at_the_top_the_shift_leader_is_told_once() -> None:
    floor = scene(PLAN_B)

    assert floor.told(busy=True) == ["open emergency_plan", "notify supervision"]
    assert floor.later(9999) == ["240: exhausted"]
    assert floor.told(busy=False, calm=False) == []
    assert floor.told(busy=True) == ["exhausted"]


# ---- whom ----


def test_a_group_keeps_its_least_number() -> None:
    floor = scene(OUTBOUND, out=("2004",))

    assert floor.told(busy=True) == ["open outbound", "lend 2001", "lend 2002"]
    (lent, _) = [one for _, one in floor.decisions if isinstance(one, Lend)]
    assert lent.choice == "2 could go; passed over: 1 logged_out, 2 must_stay"


def test_fewest_calls_first_then_the_longest_idle() -> None:
    floor = scene(OUTBOUND)
    for agent_id, calls in (("2001", 9), ("2002", 5), ("2003", 5), ("2004", 1), ("2005", 7)):
        floor.floor.workers[agent_id].calls_answered = calls

    assert floor.told(busy=True) == ["open outbound", "lend 2004", "lend 2002", "lend 2003"]


def test_a_step_for_which_too_few_could_be_had_is_passed_over_and_taken_later() -> None:
    floor = scene(OUTBOUND, QUALITY, out=("2003", "2004", "2005"))

    assert floor.told(busy=True) == ["open quality", "ask 3001", "ask 3002", "ask 3003"]
    (opened,) = [one for _, one in floor.decisions if isinstance(one, StepOpened)]
    assert opened.passed_over["outbound"].startswith("0 of 2 people could be had (outbound: 0 could go;")
    for agent_id in ("3001", "3002", "3003"):
        floor.says_yes(agent_id)
    floor.log_in("2003")
    floor.log_in("2004")
    assert "240: open outbound" in floor.later(240)
    assert floor.told(calm=True) == []
    assert "480: close outbound" in floor.later(240), "the step taken last is the first to go"


def test_who_is_not_lendable_is_not_lent() -> None:
    floor = scene(REARRANGE)
    floor.floor.workers["1501"].lendable = False

    assert floor.told(busy=True) == ["exhausted"]


def test_nobody_is_lent_while_the_groups_own_figures_are_bad_or_not_known() -> None:
    floor = scene(REARRANGE, donors=(Donor("casework", healthy="casework_well"),))

    assert floor.told(busy=True) == ["exhausted"]
    assert floor.told(casework_well=False) == []
    assert floor.told(casework_well=True) == ["open rearrange", "lend 1501"]


# ---- asking ----


def test_who_refuses_is_followed_by_the_next_and_not_asked_again() -> None:
    floor = scene(QUALITY)
    assert floor.told(busy=True) == ["open quality", "ask 3001", "ask 3002", "ask 3003"]

    assert floor.says_yes("3002") == ["3002 accepted", "lend 3002"]
    assert floor.says_no("3001") == ["3001 refused", "ask 3004"], "3001 is the one who stays"
    assert floor.later(30) == ["30: 3003 no_answer", "30: 3004 no_answer", "30: short quality 1 of 2", "30: exhausted"]
    assert floor.lent() == ["3002"]


def test_a_late_answer_changes_nothing() -> None:
    floor = scene(QUALITY, donors=(Donor("quality"),))
    floor.told(busy=True)
    late = floor.question("3001")
    floor.later(30)

    assert floor.tell(AskAccepted(late)) == ["unmatched: the question is over"]
    assert "3001" not in floor.lent()


def test_a_step_that_stays_short_is_not_waited_for() -> None:
    floor = scene(QUALITY, REARRANGE)
    floor.told(busy=True)

    assert floor.says_no("3001") == ["3001 refused", "ask 3004"]
    assert floor.says_no("3002") == ["3002 refused"]
    assert floor.says_no("3003") == ["3003 refused"]
    floor.later(20)
    assert floor.says_no("3004") == ["3004 refused", "short quality 0 of 2", "open rearrange", "lend 1501"]


def test_a_step_that_got_its_least_number_is_waited_for() -> None:
    floor = scene(QUALITY, REARRANGE, donors=(*DONORS, Donor("quality")))
    floor.told(busy=True)
    floor.says_yes("3001")
    floor.says_yes("3002")

    assert floor.says_no("3003") == ["3003 refused", "ask 3004"]
    assert floor.later(999)[:2] == ["30: 3004 no_answer", "240: open rearrange"]


def test_questions_are_taken_back_when_the_step_is() -> None:
    floor = scene(replace(QUALITY, lend=Lending("quality", answer_s=600.0)))
    floor.told(busy=True)
    floor.says_yes("3001")

    floor.told(calm=True)

    assert floor.later(240) == ["240: close quality", "240: back 3001 step_closed",
                                "240: call off 3002 step_closed", "240: call off 3003 step_closed"]  # fmt: skip


# ---- calling in ----


def test_those_who_are_there_are_asked_and_the_others_called_for_the_seats_left() -> None:
    floor = scene(MANAGERS, out=("4002", "4003"))

    assert floor.told(busy=True) == ["open managers", "ask 4001", "call 4002", "call 4003"]
    assert floor.says_yes("4002") == ["4002 accepted"]
    assert floor.lent() == []
    assert floor.log_in("4002") == ["4002 came", "lend 4002"]
    (tally,) = floor.surges.memory().tallies
    assert (tally.asked, tally.accepted, tally.came) == (3, 1, 1)


def test_who_promised_and_does_not_come_is_given_up() -> None:
    floor = scene(MANAGERS, out=("4001", "4002", "4003"))
    floor.told(busy=True)
    floor.says_yes("4001")

    said = floor.later(2000)

    assert "60: 4002 no_answer" in said
    assert "900: 4001 did_not_come" in said
    assert "900: short managers 0 of 2" in said


def test_who_comes_without_an_answer_has_come() -> None:
    floor = scene(MANAGERS, out=("4001", "4002", "4003"))
    floor.told(busy=True)

    assert floor.log_in("4003") == ["4003 came", "lend 4003"]


def test_who_was_called_in_is_missed_by_nobody() -> None:
    """The group keeps two; the third comes on request, and is not called back for the two."""
    floor = scene(MANAGERS, out=("4003",), donors=(Donor("management", stay_min=2),))
    assert floor.told(busy=True) == ["exhausted"]
    floor.floor.workers["4002"].logged_in = False
    floor.told(busy=False)

    assert floor.told(busy=True) == ["open managers", "call 4002", "call 4003"]
    assert floor.log_in("4003") == ["4003 came", "lend 4003"]
    assert floor.later(30) == []


# ---- people go, and groups are in need ----


def test_who_logs_out_is_replaced() -> None:
    floor = scene(OUTBOUND, donors=(Donor("outbound"),))
    floor.told(busy=True)

    assert floor.log_out("2002") == ["back 2002 logged_out", "lend 2004"]


def test_a_group_that_loses_people_gets_the_last_ones_back_and_rests() -> None:
    floor = scene(OUTBOUND)
    floor.told(busy=True)
    assert floor.lent() == ["2001", "2002", "2003"]

    assert floor.log_out("2004") == ["back 2001 donor_short_of_people"]
    assert floor.log_in("2004") == [], "it rests"
    assert floor.later(300) == ["240: exhausted", "300: lend 2001"]


def test_a_group_that_is_in_need_gets_all_its_people_back() -> None:
    floor = scene(OUTBOUND, donors=(Donor("outbound", stay_min=2, healthy="well"),))
    floor.told(well=True, busy=True)

    assert floor.told(well=False) == [
        "back 2001 donor_unhealthy", "back 2002 donor_unhealthy", "back 2003 donor_unhealthy",
        "short outbound 0 of 2",
    ]  # fmt: skip
    assert floor.open_steps() == ["outbound"]
    assert floor.told(well=True) == [], "it rests"
    assert [said for said in floor.later(300) if "lend" in said] == [
        "300: lend 2001", "300: lend 2002", "300: lend 2003",
    ]  # fmt: skip


def test_who_talks_when_given_back_is_wanted_by_nobody_until_the_call_is_over() -> None:
    floor = scene(REARRANGE)
    floor.told(busy=True)
    floor.on_call = {"1501"}
    floor.told(calm=True)
    assert floor.later(240) == ["240: close rearrange", "240: back 1501 step_closed"]

    floor.told(calm=False)
    assert floor.later(360) == ["360: exhausted"]
    assert floor.hangs_up("1501") == ["open rearrange", "lend 1501"]
