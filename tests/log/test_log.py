"""What the log says, what it must not say, and that it never stands in the way."""

import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from acd.core.events import CallArrived, CallerHungUp, PbxLost, PromptEnded, Restored
from acd.log import LINES_WAITING_MAX, LogReports, set_up
from tests.switch_twin import SwitchTwin

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def _put_logging_back() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.getLogger("hotline").setLevel(logging.NOTSET)
    structlog.reset_defaults()


def start(level: str = "info") -> Read:
    """Begin to log; what is returned ends that and gives the lines."""
    stream = io.StringIO()
    end = set_up("json", level, stream)

    def read() -> list[dict[str, Any]]:
        end()
        return [json.loads(line) for line in stream.getvalue().splitlines()]

    return read


def test_a_call_is_told_with_its_id_and_without_its_caller() -> None:
    read = start("debug")
    switch = SwitchTwin(observers=[LogReports()])
    switch.staff("1001")
    switch.call("c1", number="13912341234")
    switch.answer()
    switch.post(CallerHungUp("c1"))
    lines = read()
    told = [line["event"] for line in lines if line.get("call_id") == "c1"]
    assert [event for event in told if event.startswith("call_") and event != "call_moved"] == [
        "call_opened", "call_queued", "call_established", "call_ended",
    ]  # fmt: skip
    opened = next(line for line in lines if line["event"] == "call_opened")
    assert opened["caller_number"] == "139****1234"
    assert opened["level"] == "debug"
    assert opened["logger"] == "engine"
    assert opened["timestamp"].endswith("+00:00")
    ended = next(line for line in lines if line["event"] == "call_ended")
    at_info = [line["event"] for line in lines if line.get("call_id") == "c1" and line["level"] == "info"]
    assert at_info == ["call_ended"]
    assert (ended["outcome"], ended["agent_id"], ended["queue_id"]) == ("answered", "1001", "general")
    moves = [(line["before"], line["after"]) for line in lines if line["event"] == "agent_moved"]
    assert moves[-2:] == [("reserved", "on_call"), ("on_call", "wrap_up")]
    assert "13912341234" not in json.dumps(lines)


def test_a_switch_that_begins_again_says_for_how_long_it_was_away() -> None:
    read = start()
    LogReports().observe(1030.0, Restored(1002.5), ())
    (line,) = read()
    assert (line["event"], line["level"], line["away_s"], line["calls"]) == ("switch_restored", "warning", 27.5, 0)


def test_what_should_not_be_is_a_warning() -> None:
    read = start()
    switch = SwitchTwin(observers=[LogReports()])
    switch.post(PromptEnded("nobody", 1))
    switch.post(PbxLost("connection refused"))
    warnings = [line for line in read() if line["level"] == "warning"]
    assert [line["event"] for line in warnings] == ["no_transition", "pbx_link_down"]
    assert warnings[0]["trigger"] == "prompt_ended"
    assert warnings[1]["reason"] == "connection refused"


def test_each_step_and_decision_is_told_at_debug_only() -> None:
    for level, wanted in (("debug", 1), ("info", 0)):
        read = start(level)
        switch = SwitchTwin(observers=[LogReports()])
        switch.staff("1001")
        switch.call("c1")
        decided = [line for line in read() if line["event"] == "decided"]
        assert len(decided) == wanted
        assert all("1001 by longest_idle" in line["decision"] for line in decided)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"caller_number": "62345678"}, {"caller_number": "62****78"}),
        ({"caller_name": "张小三"}, {"caller_name": "张****"}),
        ({"detail": "from 13912341234 to +8613812345678"}, {"detail": "from 139****1234 to +86138****5678"}),
        ({"uri": "sip:013912341234@host"}, {"uri": "sip:0139****1234@host"}),
        ({"nested": {"caller_number": "62345678", "list": ["13912341234"]}},
         {"nested": {"caller_number": "62****78", "list": ["139****1234"]}}),
        ({"event_repr": CallArrived("c1", "10086", "13912341234")}, None),
        ({"call_id": "1712345678.123"}, {"call_id": "1712345678.123"}),
        ({"count": 13912341234}, {"count": 13912341234}),
    ],
)  # fmt: skip
def test_personal_data_is_masked_wherever_it_stands(fields: dict[str, Any], shown: dict[str, Any] | None) -> None:
    read = start()
    structlog.get_logger("test").info("told", **fields)
    line = read()[0]
    if shown is not None:
        assert {key: line[key] for key in shown} == shown
    else:
        assert "13912341234" not in json.dumps(line)


def test_the_bound_call_goes_along_and_tracebacks_and_other_libraries_are_masked() -> None:
    read = start()
    log = structlog.get_logger("test").bind(call_id="c1")
    try:
        raise ValueError("no route to 13912341234")
    except ValueError:
        log.exception("failed")
        logging.getLogger("panoramisk").exception("lost %s", "13912341234")
    logging.getLogger("panoramisk").info("chatter")
    ours, theirs = read()
    assert ours["call_id"] == "c1"
    assert "no route to 139****1234" in ours["exception"]
    assert "Traceback" in theirs["exception"]
    assert theirs["event"] == "lost 139****1234"
    assert theirs["logger"] == "panoramisk"


def test_a_callers_name_cannot_forge_a_line_nor_command_the_terminal() -> None:
    stream = io.StringIO()
    end = set_up("console", "info", stream)
    structlog.get_logger("test").info("told", topic='Bob"\r\nFAKE line\x1b[2J\x9b2J')
    end()
    text = stream.getvalue()
    assert len(text.splitlines()) == 1
    assert "\x1b[2J" not in text
    assert "\x9b" not in text


class HeldTerminal(io.StringIO):
    """A terminal that takes nothing until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.free, self.written = threading.Event(), threading.Event()
        self.waited_for = False
        self._lines = 0

    def write(self, text: str) -> int:
        if not self.free.wait(10):
            self.waited_for = True
            self.free.set()
        self._lines += 1
        if self._lines > LINES_WAITING_MAX // 2:
            self.written.set()
        return super().write(text)


def test_a_held_terminal_drops_lines_and_never_the_switchs_time() -> None:
    terminal = HeldTerminal()
    end = set_up("json", "info", terminal)
    log = structlog.get_logger("test")
    for number in range(LINES_WAITING_MAX + 50):
        log.info("told", number=number)
    assert not terminal.waited_for, "the log held up who logged"
    terminal.free.set()
    # Once there is room again the next line brings the count of those that were lost along.
    assert terminal.written.wait(30)
    log.info("after")
    end()
    lines = [json.loads(line) for line in terminal.getvalue().splitlines()]
    dropped = next(line for line in lines if line["event"] == "log_lines_dropped")
    assert 45 <= dropped["count"] <= 50
    assert lines[-1]["event"] in ("after", "log_lines_dropped")
