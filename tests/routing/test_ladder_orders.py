"""What the shift leader orders: hold, resume, skip, a step up, a step down."""


from routing.ladder import Donor
from routing.surge_words import (
    HoldOrdered,
    ResumeOrdered,
    SkipOrdered,
    StepClosed,
    StepDownOrdered,
    StepUpOrdered,
)
from tests.routing.ladder_site import OUTBOUND, QUALITY, REARRANGE, scene

LEADER = "8001"


def test_a_hold_freezes_steps_and_ends_by_itself() -> None:
    floor = scene(REARRANGE, OUTBOUND)
    floor.told(busy=True)

    assert floor.tell(HoldOrdered("inbound", LEADER, for_s=1000.0)) == ["held until 1000"]
    assert floor.later(999) == []
    assert floor.later(1)[:2] == ["1000: resumed by time", "1000: open outbound"]


def test_what_the_leader_holds_the_leader_resumes() -> None:
    floor = scene(REARRANGE)
    floor.tell(HoldOrdered("inbound", LEADER))
    assert floor.told(busy=True) == []

    assert floor.tell(ResumeOrdered("inbound", LEADER)) == ["resumed by 8001", "open rearrange", "lend 1501"]
    assert floor.tell(ResumeOrdered("inbound", LEADER)) == ["refused: nothing is held or skipped"]


def test_a_group_in_need_gets_its_people_back_also_while_the_leader_holds() -> None:
    floor = scene(REARRANGE, donors=(Donor("casework", healthy="well"),))
    floor.told(well=True, busy=True)
    floor.tell(HoldOrdered("inbound", LEADER))

    assert floor.told(well=False) == ["back 1501 donor_unhealthy", "short rearrange 0 of 1"]


def test_a_skipped_step_is_left_out_until_the_surge_is_over() -> None:
    floor = scene(REARRANGE, OUTBOUND)
    assert floor.tell(SkipOrdered("inbound", "rearrange", LEADER)) == ["skip rearrange"]

    assert floor.told(busy=True)[0] == "open outbound"
    assert floor.later(999) == ["240: exhausted"]
    floor.told(calm=True)
    floor.told(calm=False)
    assert floor.later(999) == ["1119: open rearrange", "1119: lend 1501", "1359: open outbound",
                                "1359: lend 2001", "1359: lend 2002", "1359: lend 2003", "1599: exhausted"]  # fmt: skip


def test_a_step_up_and_down_by_order_counts_at_once_and_as_a_change() -> None:
    floor = scene(REARRANGE, OUTBOUND)

    assert floor.tell(StepUpOrdered("inbound", LEADER)) == ["open rearrange", "lend 1501"]
    assert floor.tell(StepUpOrdered("inbound", LEADER))[0].startswith("refused: a step was changed this very moment")
    floor.later(2)
    assert floor.tell(StepUpOrdered("inbound", LEADER, "outbound"))[0] == "open outbound"
    assert floor.told(calm=True) == []
    floor.later(10)
    assert floor.tell(StepDownOrdered("inbound", LEADER, "rearrange"))[0] == "close rearrange"
    assert floor.later(119) == []
    assert floor.later(1)[0] == "132: close outbound"
    closed = [one for _, one in floor.decisions if isinstance(one, StepClosed)]
    assert [(one.by, one.level, one.seats) for one in closed] == [(LEADER, 1, 1), ("", 0, 3)]


def test_a_step_that_was_ordered_up_is_filled_although_it_is_calm_and_held() -> None:
    floor = scene(QUALITY, donors=(Donor("quality"),))
    floor.told(calm=True)
    floor.tell(HoldOrdered("inbound", LEADER))

    assert floor.tell(StepUpOrdered("inbound", LEADER)) == ["open quality", "ask 3001", "ask 3002", "ask 3003"]
    assert floor.says_no("3001") == ["3001 refused", "ask 3004"]


def test_an_order_lends_nobody_whom_the_group_must_keep() -> None:
    floor = scene(OUTBOUND, out=("2003", "2004", "2005"))

    (refused,) = floor.tell(StepUpOrdered("inbound", LEADER, "outbound"))

    assert refused.startswith("refused: 0 of 1 people could be had (outbound: 0 could go")


def test_an_order_is_content_with_fewer_than_the_least_number() -> None:
    floor = scene(OUTBOUND, REARRANGE, out=("2004", "2005"))
    floor.told(busy=False)

    assert floor.tell(StepUpOrdered("inbound", LEADER)) == ["open outbound", "lend 2001", "short outbound 1 of 2"]


def test_orders_that_make_no_sense_say_why() -> None:
    floor = scene(REARRANGE, OUTBOUND)

    assert floor.tell(StepDownOrdered("inbound", LEADER)) == ["refused: no step is open"]
    assert floor.tell(SkipOrdered("inbound", "outbund", LEADER)) == [
        "refused: the ladder day has no step outbund; it has rearrange, outbound"
    ]
    assert floor.tell(HoldOrdered("inbound", LEADER, for_s=float("nan"))) == [
        "refused: a hold lasts up to 7200 s, not nan"
    ]
    assert floor.tell(StepUpOrdered("billing", LEADER)) == [
        "refused: there is no surge plan billing; known are: inbound"
    ]
    floor.told(busy=True)
    assert floor.tell(SkipOrdered("inbound", "rearrange", LEADER)) == [
        "refused: the step rearrange is open: order it down"
    ]
