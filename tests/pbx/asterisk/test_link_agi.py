"""AsyncAGI over the link: commands, their results, and what ends them without one (faults 1 and 14).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import pytest
from panoramisk import utils as stock_utils

from acd.pbx.asterisk.agi import parse_agi_result
from acd.pbx.asterisk.errors import AgiFailed, AmiDown, AmiTimeout
from tests.pbx.asterisk.fake_ami import (
    FakeAction,
    FakeAmi,
    error,
    event,
    success,
)
from tests.pbx.asterisk.linking import fence, linked, stock

CHANNEL = "PJSIP/trunk-00000001"


def queued_then_executed(action: FakeAction) -> bytes:
    result = {"Channel": CHANNEL, "CommandId": action["CommandID"], "Result": "200%20result%3D1%0A"}
    return success(action, "Added AGI command to queue") + event("AsyncAGIExec", result)


# -- 1: an AsyncAGI command never completes and swallows its AsyncAGIExec -------------------------------------


async def test_stock_agi_command_never_completes() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        ami.answers["agi"] = queued_then_executed
        seen: list[object] = []
        s.manager.register_event("AsyncAGIExec", lambda manager, event: seen.append(event))
        future = s.manager.send_agi_command(CHANNEL, "ANSWER")
        await s.fence()
        assert not future.done()
        assert not seen


async def test_link_agi_command_completes() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = queued_then_executed
        result = await link.agi(CHANNEL, "ANSWER", deadline_s=5)
        assert (result.code, result.result) == (200, "1")
        assert link.waiting == 0


# -- 14: a variable's value "hangup" reads as a hang-up ---------------------------------------------------------


def test_stock_value_hangup_reads_as_a_hang_up() -> None:
    assert stock_utils.parse_agi_result("200 result=1 (hangup)")["error"] == "AGIResultHangup"


def test_link_value_hangup_is_a_value() -> None:
    result = parse_agi_result("200 result=1 (hangup)\n")
    assert (result.ok, result.result, result.data) == (True, "1", "hangup")


# -- and what else ends an AGI command --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (event("Hangup", {"Channel": CHANNEL}), "hung_up"),
        (event("AsyncAGIEnd", {"Channel": CHANNEL}), "ended"),
    ],
)
async def test_link_agi_command_ends_with_its_channel(sent: bytes, reason: str) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["agi"] = lambda action: success(action, "Added AGI command to queue")
        mine, other = (link.agi(channel, "GET DATA menu", deadline_s=5) for channel in (CHANNEL, "PJSIP/other-1"))
        ami.send(sent)
        with pytest.raises(AgiFailed) as failed:
            await mine
        assert failed.value.reason == reason
        assert not other.done()
        assert watch.names() == (["Hangup"] if reason == "hung_up" else [])


async def test_link_agi_command_that_is_refused() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = lambda action: error(action, "Channel PJSIP/gone does not exist.")
        with pytest.raises(AgiFailed, match="does not exist") as failed:
            await link.agi("PJSIP/gone", "ANSWER", deadline_s=5)
        assert failed.value.reason == "refused"
        assert link.waiting == 0


async def test_link_agi_command_that_was_queued_fails_when_the_link_is_lost() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = lambda action: success(action, "Added AGI command to queue")
        command = link.agi(CHANNEL, "GET DATA menu", deadline_s=5)
        await fence(link)
        ami.drop()
        with pytest.raises(AmiDown):
            await command


async def test_link_agi_command_past_its_deadline() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = lambda action: success(action, "Added AGI command to queue")
        with pytest.raises(AmiTimeout):
            await link.agi(CHANNEL, "ANSWER", deadline_s=0.02)
        assert link.waiting == 0


async def test_link_agi_result_that_cannot_be_read() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["agi"] = lambda action: (
            success(action)
            + event(
                "AsyncAGIExec", {"Channel": CHANNEL, "CommandId": action["CommandID"], "Result": "rest%20of%20it)%0A"}
            )
        )
        with pytest.raises(AgiFailed) as failed:
            await link.agi(CHANNEL, "GET VARIABLE LONG", deadline_s=5)
        assert failed.value.reason == "unreadable"
