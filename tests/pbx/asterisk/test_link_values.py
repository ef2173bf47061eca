"""The link's values: messages read, actions written, AGI results, waits between attempts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.pbx.asterisk.action import HEADERS_MAX, LINE_BYTES_MAX, encode_action
from acd.pbx.asterisk.agi import AgiResult, parse_agi_result, quote_agi_argument
from acd.pbx.asterisk.backoff import Backoff
from acd.pbx.asterisk.message import Message, Response, parse_message
from acd.pbx.asterisk.settings import AmiSettings

# -- messages -------------------------------------------------------------------------------------------------


def test_headers_are_looked_up_exactly() -> None:
    message = parse_message(b"Event: Hangup\r\nCause-txt: Normal: clearing\r\nAccountCode: ")
    assert message.name == "Hangup"
    assert message["Cause-txt"] == "Normal: clearing"
    assert message["AccountCode"] == ""
    assert message.get("Nothing") is None
    with pytest.raises(KeyError):
        message["cause-TXT"]


def test_repeated_headers_are_all_there_and_the_first_counts() -> None:
    message = parse_message(b"Event: Status\r\nChanVariable: A=1\r\nChanVariable: B=x=y\r\nEvent: Hangup")
    assert message.name == "Status"
    assert message.get_all("ChanVariable") == ["A=1", "B=x=y"]
    assert message.variables() == {"A": "1", "B": "x=y"}
    assert message.get_all("Nothing") == ()
    assert message.variables("Nothing") == {}


def test_single_headers_by_get_all() -> None:
    assert parse_message(b"Event: Status\r\nChanVariable: A=1").variables() == {"A": "1"}


def test_odd_lines() -> None:
    message = parse_message(b"Event: X\r\nno colon at all\r\nTight:value\r\nOutput:\r\nLast: a:b: c")
    assert dict(message) == {"Event": "X", "Tight": "value", "Output": "", "Last": "a:b: c"}


def test_bytes_that_are_not_utf_8() -> None:
    """A trunk that sends names in GBK spoils the name and nothing else."""
    message = parse_message(b"Event: X\r\nCallerIDName: " + "王".encode("gbk") + b"\r\nLanguage: zh")
    assert "\ufffd" in message["CallerIDName"]
    assert message["Language"] == "zh"


@given(st.binary(max_size=300))
def test_any_bytes_are_some_message(raw: bytes) -> None:
    assert isinstance(parse_message(raw), Message)


@pytest.mark.parametrize(("word", "ok"), [("Success", True), ("Goodbye", True), ("Error", False), ("", False)])
def test_response_verdict(word: str, ok: bool) -> None:
    response = Response(parse_message(f"Response: {word}\r\nMessage: text".encode()))
    assert (response.ok, response.message) == (ok, "text")


# -- actions ----------------------------------------------------------------------------------------------------


def test_an_action_with_a_repeated_header() -> None:
    data = encode_action([("Action", "Originate"), ("Variable", "A=1"), ("Variable", "B=中")], "id-1")
    assert data == "Action: Originate\r\nActionID: id-1\r\nVariable: A=1\r\nVariable: B=中\r\n\r\n".encode()


def test_line_bound_counts_bytes() -> None:
    room = LINE_BYTES_MAX - len("Value: ")
    encode_action({"Action": "Setvar", "Value": "x" * room}, "1")
    with pytest.raises(ValueError, match="1001 bytes"):
        encode_action({"Action": "Setvar", "Value": "x" * (room + 1)}, "1")
    with pytest.raises(ValueError, match="shorten it"):
        encode_action({"Action": "Setvar", "Value": "中" * 332}, "1")  # 996 bytes and the name


def test_header_bound() -> None:
    pairs = [("Action", "UserEvent"), *((f"H{n}", "x") for n in range(HEADERS_MAX - 2))]
    assert encode_action(pairs, "1").count(b"\r\n") == HEADERS_MAX + 1
    with pytest.raises(ValueError, match="129 headers"):
        encode_action([*pairs, ("One", "more")], "1")


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([("Channel", "x")], "0 Action headers"),
        ([("Action", "Ping"), ("ACTION", "Originate")], "2 Action headers"),
        ([("Action", "Ping"), ("ActionID", "mine")], "link's own"),
        ([("Action", "Ping"), ("", "x")], "name of a header"),
        ([("Action", "Ping"), ("a: b", "x")], "name of a header"),
        ([("Action", "Ping"), ("Value", None)], "type NoneType"),
    ],
)
def test_what_may_not_be_sent(pairs: list[tuple[str, str]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        encode_action(pairs, "1")


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_whatever_the_values_one_action_comes_out(headers: dict[str, str]) -> None:
    try:
        data = encode_action([("Action", "Setvar"), *headers.items()], "1")
    except ValueError:
        return
    lines = data.split(b"\r\n")
    assert lines[-2:] == [b"", b""]
    assert len(lines) == len(headers) + 4
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)


def test_a_refusal_does_not_tell_the_value() -> None:
    with pytest.raises(ValueError, match="Secret") as refused:
        encode_action({"Action": "Login", "Secret": "geheim\r\n"}, "1")
    assert "geheim" not in str(refused.value)


# -- AGI ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("200 result=0\n", AgiResult(200, "0")),
        ("200 result=-1 endpos=0\n", AgiResult(200, "-1", endpos=0)),
        ("200 result=49 endpos=8000", AgiResult(200, "49", endpos=8000)),
        ("200 result= (timeout)\n", AgiResult(200, "", "timeout")),
        ("200 result=12*# (timeout)\n", AgiResult(200, "12*#", "timeout")),
        ("200 result=1 (王 (小) 明)\n", AgiResult(200, "1", "王 (小) 明")),
        ("200 result=1 ()\n", AgiResult(200, "1", "")),
        ("200 result=1 (a\nb)\n", AgiResult(200, "1", "a\nb")),
        ("200 result=1 (x) endpos=7)\n", AgiResult(200, "1", "x) endpos=7")),
        ("200 result=0 (timeout) endpos=1600\n", AgiResult(200, "0", "timeout", 1600)),
        ("200 result=1 (cut off he", AgiResult(200, "1", "cut off he", truncated=True)),
        ("510 Invalid or unknown command\n", AgiResult(510, "", "Invalid or unknown command")),
        ("511 Command Not Permitted on a dead channel", AgiResult(511, "", "Command Not Permitted on a dead channel")),
        ("520-Invalid command syntax.\nUsage\n520 End", AgiResult(520, "", "Invalid command syntax.\nUsage\n520 End")),
    ],
)
def test_agi_results(text: str, result: AgiResult) -> None:
    assert parse_agi_result(text) == result
    assert result.ok == (result.code == 200)


@pytest.mark.parametrize(
    "text", ["", "HANGUP", "200", "200 ok", "result=1", "x 200 result=1", "200 result=1 2", "rest)\n200 result=1\n"]
)
def test_agi_results_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="not an AGI result"):
        parse_agi_result(text)


def test_agi_argument_quoting() -> None:
    assert quote_agi_argument('a "b" \\c') == '"a \\"b\\" \\\\c"'


# -- backoff and settings -------------------------------------------------------------------------------------------


def test_backoff_grows_to_its_bound_and_begins_anew() -> None:
    backoff = Backoff(0.2, 1.0, lambda: 0.0)
    assert [backoff.next_s() for _ in range(5)] == [0.2, 0.4, 0.8, 1.0, 1.0]
    backoff.reset()
    assert backoff.next_s() == 0.2


def test_backoff_is_jittered_downwards_by_half_at_most() -> None:
    assert Backoff(1.0, 8.0, lambda: 0.5).next_s() == 0.75
    assert Backoff(1.0, 8.0, lambda: 0.999).next_s() > 0.5


def test_settings_keep_the_secret_out_of_sight() -> None:
    assert "geheim" not in repr(AmiSettings(username="u", secret="geheim"))


@pytest.mark.parametrize(
    "changes",
    [
        {"request_deadline_s": 0}, {"ping_every_s": float("inf")}, {"dead_after_s": 0.5}, {"boot_wait_s": -1},
        {"secret": "a\r\nAction: x"}, {"username": "a\nb"}, {"filters": ("a\nb",)},
    ],
)  # fmt: skip
def test_settings_that_cannot_work(changes: dict[str, object]) -> None:
    values: dict[str, object] = {"username": "u", "secret": "s", **changes}
    with pytest.raises(ValueError):  # noqa: PT011
        AmiSettings(**values)  # type: ignore[arg-type]
