"""What comes in: framing, headers, callbacks (faults 3, 10, 11 and 12).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import pytest
from panoramisk.manager import Manager

from acd.pbx.asterisk.framing import Framer
from acd.pbx.asterisk.message import parse_message
from tests.pbx.asterisk.fake_ami import (
    FakeAmi,
    event,
    message,
    success,
)
from tests.pbx.asterisk.linking import fence, linked, stock

# -- 3: an exception in a callback drops the connection and the rest of what was read ------------------------

TWO_HANGUPS = event("Hangup", {"Channel": "A"}) + event("Hangup", {"Channel": "B"})


async def test_stock_exception_in_a_callback_breaks_it() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        seen: list[str] = []

        def fail(manager: Manager, event: dict[str, str]) -> None:
            seen.append(event["Channel"])
            raise RuntimeError("callback")

        s.manager.register_event("Hangup", fail)
        ami.send(TWO_HANGUPS)
        assert str(await s.broken()) == "callback"
        assert seen == ["A"]


async def test_link_exception_in_a_callback_is_logged_only() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):

        def fail(event: object) -> None:
            raise RuntimeError("callback")

        watch.react = fail
        ami.send(TWO_HANGUPS + event("Newchannel", {"Channel": "C"}))
        await fence(link)
        assert [seen["Channel"] for seen in watch.events] == ["A", "B", "C"]
        assert link.up
        assert link.counters.callback_errors == 3


# -- 10: a character split over two reads ---------------------------------------------------------------------

NAMED = event("Newchannel", {"CallerIDName": "王小明"})


async def test_stock_split_character_is_lost() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        seen: list[str] = []
        s.manager.register_event("Newchannel", lambda manager, event: seen.append(event["CallerIDName"]))
        cut = NAMED.index("小".encode()) + 1
        s.manager.protocol.data_received(NAMED[:cut])
        s.manager.protocol.data_received(NAMED[cut:])
        assert seen == ["王明"]


def test_link_split_character_is_whole() -> None:
    for cut in range(len(NAMED)):
        framer = Framer(1 << 20)
        framer.feed(b"Asterisk Call Manager/11.0.0\r\n")
        messages = framer.feed(NAMED[:cut]) + framer.feed(NAMED[cut:])
        assert [parse_message(raw)["CallerIDName"] for raw in messages] == ["王小明"]


# -- 11: headers that repeat ------------------------------------------------------------------------------------

REPEATED = {
    "Event": message("Event: UserEvent", "UserEvent: AcdRing", "Event: Hangup"),
    "ActionID": message("Event: UserEvent", "UserEvent: AcdRing", "ActionID: 1", "ActionID: 2"),
}


@pytest.mark.parametrize("header", REPEATED)
async def test_stock_repeated_header_breaks_it(header: str) -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        s.manager.register_event("UserEvent", lambda manager, event: None)
        ami.send(REPEATED[header])
        assert isinstance(await s.broken(), TypeError | AttributeError)


@pytest.mark.parametrize("header", REPEATED)
async def test_link_repeated_header_is_read(header: str) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.send(REPEATED[header])
        await fence(link)
        assert watch.names() == ["UserEvent"]
        assert len(watch.events[0].get_all(header)) == 2
        assert link.up


async def test_link_repeated_action_id_in_an_answer() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["getvar"] = lambda action: success(action, "OK", f"ActionID: {action.id}")
        assert (await link.request({"Action": "Getvar", "Variable": "X"})).ok


# -- 12: no bound on what is read ---------------------------------------------------------------------------


async def test_stock_input_has_no_bound() -> None:
    async with FakeAmi() as ami, stock(ami) as s:
        for _ in range(64):
            s.manager.protocol.data_received(b"x" * 65536)
        assert sum(map(len, s.manager.protocol.queue)) == 4 << 20
        assert s.manager._connected


async def test_link_input_has_a_bound() -> None:
    async with FakeAmi() as ami, linked(ami, message_bytes_max=1 << 18) as (_, watch):
        ami.send(b"x" * (4 << 20))
        await watch.until(lambda: bool(watch.reasons))
        assert watch.reasons[0].startswith("a message goes beyond 262144 bytes")
        await watch.until(lambda: watch.ups == 2)
