"""The time an agent stays idle, from messages as sipp traces them."""

import math

from scripts.dispatch.gaps import SETTLED_S, measure_gaps
from scripts.softphones.sipp import SippMessage


def invite(at: float, agent: str, call: str) -> SippMessage:
    return SippMessage(at, False, f"INVITE sip:{agent}@127.0.0.3:7000 SIP/2.0", {"call-id": call})


def bye(at: float, call: str) -> SippMessage:
    return SippMessage(at, True, "BYE sip:x@127.0.0.1 SIP/2.0", {"call-id": call})


def answer(at: float, call: str) -> SippMessage:
    return SippMessage(at, False, "SIP/2.0 200 OK", {"call-id": call, "cseq": "1 INVITE"})


CALLERS = [answer(0.1 * n, f"c{n}") for n in range(6)]


def test_from_the_hang_up_to_the_same_agents_next_ring() -> None:
    phones = [invite(1, "2001", "a"), invite(2, "2002", "b"), bye(4, "a"), invite(4.004, "2001", "c"), bye(5, "b"),
              bye(6, "c"), invite(6.5, "2002", "d"), invite(6.7, "2001", "e")]  # fmt: skip
    gaps = measure_gaps(phones, CALLERS, waiting_min=1)
    assert [round(gap, 3) for gap in gaps.seconds] == [0.004, 0.7, 1.5]
    assert (gaps.left_out, gaps.waiting_max) == (0, 4)


def test_repeated_messages_count_once() -> None:
    phones = [invite(1, "2001", "a"), bye(4, "a"), invite(4.2, "2001", "b"), bye(4.5, "a"), invite(4.7, "2001", "b")]
    phones += [invite(5, "2001", "c"), bye(6, "c"), invite(6.1, "2001", "c"), invite(6.3, "2001", "d")]
    assert [round(gap, 3) for gap in measure_gaps(phones, CALLERS, 1).seconds] == [0.2, 0.3]


def test_a_gap_counts_only_while_enough_callers_wait() -> None:
    phones = [invite(1, "2001", "a"), bye(4, "a"), invite(4.2, "2001", "b"), bye(7, "b")]
    assert measure_gaps(phones, CALLERS, 5).seconds != ()
    few = measure_gaps(phones, CALLERS, 6)
    assert (few.seconds, few.left_out) == ((), 2)


def test_a_caller_who_has_just_come_does_not_count_as_waiting() -> None:
    phones = [invite(1, "2001", "a"), bye(4, "a"), invite(4.2, "2001", "b")]
    callers = [answer(0, "x"), answer(4 - SETTLED_S / 2, "y")]
    assert measure_gaps(phones, callers, 1).seconds == ()


def test_percentiles_by_nearest_rank() -> None:
    phones = [m for n in range(100) for m in (invite(n, f"{n}", f"a{n}"), bye(200 + n, f"a{n}"))]
    phones += [invite(200 + n + 0.001 * (n + 1), f"{n}", f"b{n}") for n in range(100)]
    callers = [answer(0.001 * n, f"c{n}") for n in range(400)]
    gaps = measure_gaps(phones, callers, 1)
    assert round(gaps.percentile_ms(50), 3) == 50
    assert round(gaps.percentile_ms(99), 3) == 99
    assert math.isnan(measure_gaps([], [], 1).percentile_ms(50))
