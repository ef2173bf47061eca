"""What comes in: framing, headers, callbacks (faults 3, 10, 11 and 12, and more).

Each pair: `test_stock_...` holds while panoramisk 1.4 has the fault (should a later release mend it, the test
says so by failing), `test_link_...` is what the switch relies on.
"""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path

import pytest
from panoramisk.manager import Manager

from acd.pbx.asterisk.framing import Framer
from acd.pbx.asterisk.message import Message, parse_message
from acd.pbx.asterisk.protocol import READ_SLICE_BYTES
from tests.pbx.asterisk.fake_ami import (
    FakeAmi,
    event,
    message,
    success,
)
from tests.pbx.asterisk.linking import WANTED, fence, linked, stock

CHANNEL = "PJSIP/trunk-00000001"

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


# -- which events come through ----------------------------------------------------------------------------------


async def test_link_unwanted_events_are_dropped_unread() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.send(event("VarSet") + event("Hangup") + event("HangupRequest") + event("UserEvent") + event("Newexten"))
        await fence(link)
        assert watch.names() == ["Hangup", "UserEvent"]
        assert (link.counters.delivered, link.counters.dropped) == (2, 4)  # with FullyBooted


async def test_link_reads_the_recording() -> None:
    """A real Asterisk's session, sent to a link that asked none of it."""
    recording = (Path(__file__).parent / "recordings" / "asterisk-22.10.1.ami").read_bytes()
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.send(recording.partition(b"\r\n")[2])
        await fence(link)
        expected = [name for name in re.findall(r"^Event: (\w+)", recording.decode(), re.M) if name in WANTED]
        assert watch.names() == expected
        assert len(expected) > 5
        assert link.late_answers == recording.count(b"\nResponse: ") - 1  # OriginateResponse has such a header
        assert link.counters.unreadable == 0


# -- reading in slices --------------------------------------------------------------------------------------------


async def test_link_burst_leaves_the_loop_its_turns() -> None:
    """However much has arrived, no more than a slice is taken in between two turns of the rest of the loop."""
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        loop = asyncio.get_running_loop()
        one = event("Hangup", {"Channel": CHANNEL, "Padding": "x" * 400})
        count = (2 << 20) // len(one)
        taken_in_turn = [0]

        def turn() -> None:
            taken_in_turn.append(0)
            ticking[0] = loop.call_soon(turn)

        def take(message: Message) -> None:
            taken_in_turn[-1] += len(one)

        ticking = [loop.call_soon(turn)]
        watch.react = take
        connection = link._connection
        assert connection is not None
        assert connection.protocol is not None
        connection.protocol.transport.pause_reading()
        ami.send(one * count)
        for _ in range(50):  # what the system takes has been sent by then
            await asyncio.sleep(0)
        connection.protocol.transport.resume_reading()
        await watch.until(lambda: len(watch.events) == count)
        ticking[0].cancel()
        assert max(taken_in_turn) <= READ_SLICE_BYTES + len(one)


# -- garbage --------------------------------------------------------------------------------------------------------


async def test_link_finds_the_next_message_after_garbage() -> None:
    garbage = [
        b"\r\n\r\n\r\n", b"\x00\xff\xfe\r\n\r\n", b"half a mess\r\n", b": \r\n\r\n", b"\n\n\n\r\n\r\n",
        b"Event\r\n\r\n", b"Event: \r\n\r\n", b"Response: \r\n\r\n", b"Response: Success\r\nActionID: nobody\r\n\r\n",
    ]  # fmt: skip
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        for n, piece in enumerate(garbage):
            ami.send(piece + event("Hangup", {"Channel": str(n)}))
        await fence(link)
        assert [seen["Channel"] for seen in watch.events] == [str(n) for n in range(len(garbage))]
        assert link.up
        assert not watch.reasons


async def test_link_fuzzed_neither_dies_nor_grows() -> None:
    """Random bytes, and a real session with random changes: afterwards the link answers and holds nothing."""
    recording = (Path(__file__).parent / "recordings" / "asterisk-22.10.1.ami").read_bytes().partition(b"\r\n")[2]
    chance = random.Random(10086)
    async with FakeAmi() as ami, linked(ami, message_bytes_max=1 << 16) as (link, watch):
        for _ in range(60):
            data = bytearray(chance.choice([recording, chance.randbytes(5000), b"\r\n: Event" * 500]))
            for _ in range(chance.randrange(50)):
                at = chance.randrange(len(data))
                data[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
            ami.send(bytes(data) + b"\r\n\r\n")
            await fence(link)
        assert (link.waiting, link.connects, watch.reasons) == (0, 1, [])
        connection = link._connection
        assert connection is not None
        assert connection.requests.lists_open == 0


async def test_link_garbage_does_not_fill_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.send(b"geheim\r\n\r\n" * 1000)
        await fence(link)
        assert link.counters.unreadable == 1000
        printed = capsys.readouterr().out
        assert printed.count("ami_unreadable") == 10
        assert "geheim" not in printed
