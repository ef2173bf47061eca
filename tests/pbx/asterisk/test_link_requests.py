"""Requests: what may be sent, and that each comes to one end (faults 2, 4, 5, 6, 9 and 12).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from acd.pbx.asterisk.errors import AmiBusy, AmiDown, AmiTimeout
from acd.pbx.asterisk.link import AmiLink
from tests.pbx.asterisk.fake_ami import (
    FakeAction,
    FakeAmi,
    event,
    list_item,
    list_start,
    success,
)
from tests.pbx.asterisk.linking import fence, linked, stock

CHANNEL = "PJSIP/trunk-00000001"


def silence(action: FakeAction) -> bytes:
    return b""


def lists_open(link: AmiLink) -> int:
    assert link._connection is not None
    return link._connection.requests.lists_open


# -- 2: an answer "successfully queued" kills the connection --------------------------------------------------


def queued(action: FakeAction) -> bytes:
    return success(action, f"{action.name} successfully queued")


async def test_stock_successfully_queued_breaks_it() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        ami.answers["atxfer"] = queued
        s.manager.send_action({"Action": "Atxfer", "Channel": CHANNEL, "Exten": "1002"})
        assert isinstance(await s.broken(), KeyError)


@pytest.mark.parametrize("name", ["Atxfer", "PlayDTMF", "Originate"])
async def test_link_successfully_queued_is_an_answer(name: str) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers[name.lower()] = queued
        response = await link.request({"Action": name, "Channel": CHANNEL})
        assert response.ok
        assert response.message == f"{name} successfully queued"
        await fence(link)
        assert link.up
        assert not watch.reasons


# -- 4: a line break in a value is an action of its own ---------------------------------------------------------

INJECTION = "Bob\r\n\r\nAction: Originate\r\nChannel: PJSIP/0900\r\nApplication: Hangup"


async def test_stock_line_break_injects_an_action() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        s.manager.send_action({"Action": "Setvar", "Variable": "NAME", "Value": INJECTION})
        injected = await ami.next_action("Originate")
        assert injected["Channel"] == "PJSIP/0900"


@pytest.mark.parametrize("bad", [INJECTION, "a\rb", "a\nb", "a\0b"], ids=["action", "CR", "LF", "NUL"])
@pytest.mark.parametrize("place", ["value", "name", "agi", "agi channel"])
async def test_link_line_break_is_refused(bad: str, place: str) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        send: dict[str, Callable[[], object]] = {
            "value": lambda: link.request({"Action": "Setvar", "Value": bad}),
            "name": lambda: link.request({"Action": "Setvar", bad: "Value"}),
            "agi": lambda: link.agi(CHANNEL, bad, deadline_s=1),
            "agi channel": lambda: link.agi(bad, "ANSWER", deadline_s=1),
        }
        with pytest.raises(ValueError, match="line break or NUL"):
            send[place]()
        await fence(link)
        assert [action.name for action in ami.actions] == ["Login", "Ping"]
        assert link.waiting == 0


# -- 5: unanswered actions are sent again after a reconnect ---------------------------------------------------


async def test_stock_replays_after_a_reconnect() -> None:
    async with FakeAmi() as ami, stock(ami, reconnect_timeout=0) as s:
        ami.answers["originate"] = ami.answers["agi"] = silence
        s.manager.send_action({"Action": "Originate", "Channel": CHANNEL})
        s.manager.send_agi_command(CHANNEL, "ANSWER")
        await ami.next_action("Originate")
        await ami.next_action("AGI")
        ami.drop()
        again = [await ami.next_action() for _ in range(4)]  # Login, and what the caller never asked for
        assert sorted(action.name for action in again) == ["AGI", "AGI", "Login", "Originate"]


async def test_link_never_sends_twice() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["originate"] = ami.answers["agi"] = silence
        originate = link.request({"Action": "Originate", "Channel": CHANNEL})
        agi = link.agi(CHANNEL, "ANSWER", deadline_s=5)
        await ami.next_action("Originate")
        await ami.next_action("AGI")
        ami.drop()
        with pytest.raises(AmiDown):
            await originate
        with pytest.raises(AmiDown):
            await agi
        await watch.until(lambda: watch.ups == 2)
        await fence(link)
        assert [a.name for a in ami.actions] == ["Login", "Originate", "AGI", "Login", "Ping"]


# -- 6: futures that never finish -----------------------------------------------------------------------------


def half_a_list(action: FakeAction) -> bytes:
    return list_start(action) + list_item(action, "Status", "Channel: A")


async def test_stock_list_in_progress_hangs_after_a_disconnect() -> None:
    async with FakeAmi() as ami, stock(ami, reconnect_timeout=0) as s:
        ami.answers["status"] = half_a_list
        future = s.manager.send_action({"Action": "Status"})
        await s.fence()
        ami.drop()
        await ami.next_action("Login")  # the first login
        await ami.next_action("Login")
        await s.fence()
        assert not future.done()
        assert not s.manager.awaiting_actions


async def test_stock_queue_add_hangs() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        ami.answers["queueadd"] = lambda action: success(action, "Added interface to queue")
        future = s.manager.send_action({"Action": "QueueAdd", "Queue": "fallback", "Interface": "PJSIP/1001"})
        await s.fence()
        assert not future.done()


async def test_stock_encode_failure_hangs() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        future = s.manager.send_action({"Action": "Setvar", "Value": "\ud800"})
        await s.fence()
        assert not future.done()


async def test_link_list_in_progress_fails_at_a_disconnect() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["status"] = half_a_list
        future = link.request({"Action": "Status"})
        await fence(link)
        ami.drop()
        with pytest.raises(AmiDown):
            await future


async def test_link_queue_add_is_answered() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["queueadd"] = lambda action: success(action, "Added interface to queue")
        assert (await link.request({"Action": "QueueAdd", "Queue": "fallback", "Interface": "PJSIP/1001"})).ok


async def test_link_encode_failure_is_told() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        with pytest.raises(ValueError, match="half a surrogate"):
            link.request({"Action": "Setvar", "Value": "\ud800"})
        assert link.waiting == 0


# -- 9: a request that timed out leaks, and swallows what comes later ----------------------------------------


async def test_stock_timed_out_request_leaks_and_swallows() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        ami.answers["devicestatelist"] = silence
        seen: list[object] = []
        s.manager.register_event("DeviceStateChange", lambda manager, event: seen.append(event))
        for _ in range(100):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(s.manager.send_action({"Action": "DeviceStateList"}), 0)
        assert len(s.manager.responses) == 100
        late = [await ami.next_action("DeviceStateList") for _ in range(100)]
        ami.send(b"".join(list_start(a) + list_item(a, "DeviceStateChange", "Device: PJSIP/1001") for a in late))
        await s.fence()
        assert not seen
        assert len(s.manager.responses) == 100


async def test_link_timed_out_request_leaves_nothing_behind() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["devicestatelist"] = silence
        for _ in range(100):
            with pytest.raises(AmiTimeout, match=r"no answer to DeviceStateList within 0\.0001 s"):
                await link.request({"Action": "DeviceStateList"}, deadline_s=0.0001)
        assert (link.waiting, link.timeouts) == (0, 100)
        late = [await ami.next_action("DeviceStateList") for _ in range(100)]
        ami.send(b"".join(list_start(a) + list_item(a, "DeviceStateChange", "Device: PJSIP/1001") for a in late))
        await fence(link)
        assert link.late_answers == 100
        assert watch.names() == ["DeviceStateChange"] * 100  # wanted, and nobody's list: news as any other


async def test_link_list_that_stops_is_ended_by_the_deadline() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["status"] = half_a_list
        with pytest.raises(AmiTimeout):
            await link.request({"Action": "Status"}, deadline_s=0.02)
        ami.send(list_item(ami.named("Status")[0], "StatusComplete", "EventList: Complete"))
        await fence(link)
        assert (link.waiting, lists_open(link)) == (0, 0)


# -- 12: no bound on what waits to be written --------------------------------------------


async def test_stock_output_has_no_bound() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        ami.reading.clear()
        for _ in range(16):
            s.manager.send_action({"Action": "Setvar", "Value": "x" * (1 << 20)})
        assert s.manager.protocol.transport.get_write_buffer_size() > 8 << 20


async def test_link_output_has_a_bound() -> None:
    async with FakeAmi() as ami, linked(ami, write_buffer_bytes_max=100_000) as (link, _):
        ami.reading.clear()
        action = [("Action", "Setvar"), *((f"Variable{n}", "x" * 900) for n in range(100))]
        futures = [link.request(action) for _ in range(100)]  # 9 MB, with no turn of the loop between
        refused = [future for future in futures if future.done()]
        assert refused
        assert all(isinstance(future.exception(), AmiBusy) for future in refused)
        connection = link._connection
        assert connection is not None
        assert connection.protocol is not None
        assert connection.protocol.waiting_bytes <= 100_000


async def test_link_peer_that_never_reads_is_left() -> None:
    async with FakeAmi() as ami, linked(ami, ping_every_s=0.01, dead_after_s=0.05) as (link, watch):
        ami.reading.clear()
        action = [("Action", "Setvar"), *((f"Variable{n}", "x" * 900) for n in range(100))]
        chatter = asyncio.get_running_loop().create_task(_keep_sending(ami))
        try:
            async with asyncio.timeout(5):
                while link.up:
                    link.request(action)
                    await asyncio.sleep(0)
            assert watch.reasons[0].startswith("Asterisk read nothing of what was sent for")
        finally:
            chatter.cancel()


async def _keep_sending(ami: FakeAmi) -> None:
    """Asterisk still talks, so silence alone would never end the connection."""
    while True:
        if ami._writers:
            ami.send(event("VarSet"))
        await asyncio.sleep(0.002)
