"""Whatever the engine can be told or say comes back from the journal as it was."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.core.events import CallArrived, PbxSynced, SiteChanged
from acd.core.reports import AgentMoved
from acd.core.site import AgentProfile, Site
from acd.core.words import Phone
from acd.store.codec import EVENT_TYPES, REPORT_TYPES, DecodeError, decode_event, decode_report, encode
from ivr.tree import EnterQueue, HangUp, Menu, Play, Tree
from routing.queue import Queue
from tests.store.lives import lives

RELAXED = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
@RELAXED
@given(data=st.data())
def test_every_event_comes_back(name: str, data: st.DataObject) -> None:
    event = data.draw(st.from_type(EVENT_TYPES[name]))
    # By repr: a nan is not equal to itself, and 1 is equal to 1.0.
    assert _told(decode_event(name, encode(event))) == _told(event)


@pytest.mark.parametrize("name", sorted(REPORT_TYPES))
@RELAXED
@given(data=st.data())
def test_every_report_comes_back(name: str, data: st.DataObject) -> None:
    report = data.draw(st.from_type(REPORT_TYPES[name]))
    assert _told(decode_report(name, encode(report))) == _told(report)


def _told(value: object) -> object:
    """Every type and value in it, in order; only sets have none, and any mapping is as good as a dict."""
    if is_dataclass(value):
        return type(value).__name__, [(f.name, _told(getattr(value, f.name))) for f in fields(value)]
    if isinstance(value, Mapping):
        return [(key, _told(item)) for key, item in value.items()]
    if isinstance(value, tuple):
        return tuple(map(_told, value))
    if isinstance(value, frozenset):
        return sorted(value)
    return repr(value)


def test_a_site_comes_back_with_its_trees_and_queues() -> None:
    tree = Tree("root", {
        "root": Menu(("welcome",), {"1": "mobile", "9": "bye"}, "mobile"), "more": Play(("more",), "root"),
        "mobile": EnterQueue("mobile", "话费"), "bye": HangUp("bye"),
    })  # fmt: skip
    site = Site(
        queues={"mobile": Queue("mobile", {"zh": "移动"}, wrap_up_s=None)},
        agents={"1001": AgentProfile("1001", "李四", {"mobile": 50})},
        entries={"10086": tree},
    )
    assert decode_event("SiteChanged", encode(SiteChanged(site))) == SiteChanged(site)


def test_the_order_of_keys_is_kept() -> None:
    event = PbxSynced(phones={"1009": Phone.UNKNOWN, "1001": Phone.REACHABLE})
    decoded = decode_event("PbxSynced", encode(event))
    assert isinstance(decoded, PbxSynced)
    assert list(decoded.phones) == ["1009", "1001"]


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan, 0.1 + 0.2, 1e-300])
def test_every_float_comes_back(number: float) -> None:
    report = AgentMoved(number, "1001", "ready", "reserve", "reserved")
    decoded = decode_report("AgentMoved", encode(report))
    assert repr(decoded.at) == repr(number)


@pytest.mark.parametrize("name", ["half \ud83d a pair", "NUL \x00", "\x1b[31m", "名\r\n字 😀", '"\\'])
def test_any_name_comes_back_and_is_utf8(name: str) -> None:
    event = CallArrived("1.1", "10086", "1", name)
    text = encode(event)
    assert json.loads(text.encode().decode())
    assert decode_event("CallArrived", text) == event


def test_text_stays_readable() -> None:
    assert "张三" in encode(CallArrived("1.1", "10086", "1", "张三"))


def test_an_older_programs_entry_takes_defaults_and_loses_what_is_gone() -> None:
    assert decode_event("CallArrived", '{"call_id":"1.1","dialled":"10086","colour":"red"}') == CallArrived(
        "1.1", "10086"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CallTeleported", "{}"),
        ("CallArrived", "{}"),
        ("CallArrived", "not json"),
        ("PhoneChanged", '{"agent_id":"1","phone":"melted"}'),
        ("SiteChanged", '{"site":{"entries":{"1":{"root":"a","nodes":{"a":{"$":"Jump"}}}}}}'),
    ],
)
def test_what_can_not_be_read_says_so(name: str, text: str) -> None:
    with pytest.raises(DecodeError):
        decode_event(name, text)


def test_lives_made_by_hand_come_back() -> None:
    for _, event, reports in lives(2):
        if event is not None:
            assert decode_event(type(event).__name__, encode(event)) == event
        for report in reports:
            assert decode_report(type(report).__name__, encode(report)) == report
