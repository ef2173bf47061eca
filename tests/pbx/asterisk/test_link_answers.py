"""Answers and lists: what a request gives its caller."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from acd.pbx.asterisk.errors import AmiBusy, AmiDown, AmiError
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.message import parse_message
from acd.pbx.asterisk.requests import Requests
from tests.pbx.asterisk.fake_ami import (
    FakeAction,
    FakeAmi,
    error,
    event,
    list_end,
    list_item,
    list_start,
    success,
)
from tests.pbx.asterisk.linking import fence, linked

CHANNEL = "PJSIP/trunk-00000001"


def silence(action: FakeAction) -> bytes:
    return b""


def lists_open(link: AmiLink) -> int:
    assert link._connection is not None
    return link._connection.requests.lists_open


# -- what a request does ------------------------------------------------------------------------------------------


async def test_link_request_is_written_before_anything_is_awaited() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        link.request([("Action", "Originate"), ("Variable", "A=1"), ("Variable", "B=王"), ("Async", "true")])
        action = await ami.next_action("Originate")  # nobody awaited the request itself
        assert action.get_all("Variable") == ["A=1", "B=王"]


async def test_link_requests_keep_their_order_and_their_answers() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["getvar"] = lambda action: success(action, "", f"Value: {action['Variable']}")
        responses = await asyncio.gather(*(link.request({"Action": "Getvar", "Variable": f"v{n}"}) for n in range(500)))
        assert [response.headers["Value"] for response in responses] == [f"v{n}" for n in range(500)]
        assert [action["Variable"] for action in ami.named("Getvar")] == [f"v{n}" for n in range(500)]
        assert [name for name, _ in watch.latencies].count("Getvar") == 500
        assert all(latency_s >= 0 for _, latency_s in watch.latencies)
        assert link.waiting == 0


async def test_link_refusal_is_an_answer() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["hangup"] = lambda action: error(action, "No such channel")
        response = await link.request({"Action": "Hangup", "Channel": CHANNEL})
        assert (response.ok, response.message) == (False, "No such channel")


async def test_link_lists_are_told_apart() -> None:
    """Two lists at a time, an event between their items, and items that are wanted events by name."""

    def start_only(action: FakeAction) -> bytes:
        return list_start(action)

    async with FakeAmi() as ami, linked(ami) as (link, watch):
        ami.answers["status"] = ami.answers["devicestatelist"] = start_only
        status = link.request({"Action": "Status"})
        devices = link.request({"Action": "DeviceStateList"})
        a = await ami.next_action("Status")
        b = await ami.next_action("DeviceStateList")
        ami.send(
            list_item(a, "Status", "Channel: A")
            + list_item(b, "DeviceStateChange", "Device: PJSIP/1001")
            + event("DeviceStateChange", {"Device": "PJSIP/1002"})
            + list_item(a, "Status", "Channel: B", "Variable: X=1", "Variable: Y=2")
            + list_end(b, "DeviceStateListComplete")
            + list_end(a, "StatusComplete", 2)
        )
        assert [item["Channel"] for item in (await status).events] == ["A", "B"]
        assert (await status).events[1].variables("Variable") == {"X": "1", "Y": "2"}
        assert [item["Device"] for item in (await devices).events] == ["PJSIP/1001"]
        assert [seen["Device"] for seen in watch.events] == ["PJSIP/1002"]
        assert lists_open(link) == 0


async def test_link_empty_list() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["status"] = lambda action: list_start(action) + list_end(action, "StatusComplete", 0)
        response = await link.request({"Action": "Status"})
        assert (response.ok, list(response.events)) == (True, [])


async def test_link_list_beyond_its_bound() -> None:
    async with FakeAmi() as ami, linked(ami, list_events_max=3) as (link, _):
        ami.answers["status"] = lambda action: list_start(action) + list_item(action, "Status") * 10
        with pytest.raises(AmiBusy, match="more than 3 items"):
            await link.request({"Action": "Status"})
        await fence(link)
        assert link.waiting == 0


async def test_link_list_that_asterisk_gives_up() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["status"] = lambda action: (
            list_start(action) + list_item(action, "StatusComplete", "EventList: Cancelled")
        )
        with pytest.raises(AmiError, match="gave up the list"):
            await link.request({"Action": "Status"})


async def test_link_command_output_line_by_line() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["command"] = lambda action: success(
            action, "Command output follows", "Output: a", "Output: ", "Output: b: c"
        )
        response = await link.request({"Action": "Command", "Command": "core show channels"})
        assert response.headers.get_all("Output") == ["a", "", "b: c"]


async def test_link_list_that_begins_twice() -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["status"] = lambda action: list_start(action) * 2 + list_end(action, "StatusComplete", 0)
        assert (await link.request({"Action": "Status"})).ok
        assert (link.late_answers, lists_open(link)) == (1, 0)


async def test_link_request_that_its_caller_gave_up(capsys: pytest.CaptureFixture[str]) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        ami.answers["originate"] = silence
        future = link.request({"Action": "Originate"})
        future.cancel()
        action = await ami.next_action("Originate")
        ami.send(success(action))
        await fence(link)
        assert link.waiting == 0
        assert "failed" not in capsys.readouterr().out


async def test_link_answer_ends_its_deadline() -> None:
    """Thousands of answered requests leave no timers behind."""
    loop = asyncio.get_running_loop()
    timers: list[asyncio.TimerHandle] = []

    class Timers:
        """The running loop, remembering what was armed."""

        create_future = staticmethod(loop.create_future)
        time = staticmethod(loop.time)

        @staticmethod
        def call_later(delay_s: float, callback: Callable[..., object], *args: object) -> asyncio.TimerHandle:
            timers.append(loop.call_later(delay_s, callback, *args))
            return timers[-1]

    requests = Requests(cast(asyncio.AbstractEventLoop, Timers()), "id-", 10, lambda action, latency_s: None)
    future = requests.add("id-1", "Ping", 60)
    requests.answered(parse_message(b"Response: Success\r\nActionID: id-1"))
    assert (await future).ok
    assert [timer.cancelled() for timer in timers] == [True]


async def test_link_while_down_fails_at_once() -> None:
    async with FakeAmi() as ami, linked(ami, retry_s_first=5, retry_s_max=5) as (link, watch):
        ami.drop()
        await watch.until(lambda: not link.up)
        request, agi = link.request({"Action": "Ping"}), link.agi(CHANNEL, "ANSWER", deadline_s=1)
        assert isinstance(request.exception(), AmiDown)
        assert isinstance(agi.exception(), AmiDown)
        with pytest.raises(ValueError, match="line break"):
            link.request({"Action": "Ping", "X": "\r\n"})


@pytest.mark.parametrize("deadline_s", [0, -1, float("inf"), float("nan")])
async def test_link_deadline_is_mandatory(deadline_s: float) -> None:
    async with FakeAmi() as ami, linked(ami) as (link, _):
        with pytest.raises(ValueError, match="deadline"):
            link.request({"Action": "Ping"}, deadline_s=deadline_s)
        with pytest.raises(ValueError, match="deadline"):
            link.agi(CHANNEL, "ANSWER", deadline_s=deadline_s)
