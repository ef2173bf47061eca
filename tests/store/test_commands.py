"""`hotline calls` and `hotline show` over a database that the real engine filled."""

import argparse
import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.cells import cell_len

from acd.cli import calls, show, why
from acd.cli.records_source import find_zone, parse_moment
from acd.core.events import CallArrived, CallerHungUp
from acd.core.reports import CallEnded, CallRestored
from acd.store.recorder import Recorder
from acd.store.store import open_store
from tests.store.lives import START, record
from tests.store.test_replay import Desk, play

Hotline = Callable[..., tuple[int, str, str]]


@pytest.fixture
def hotline(url: str, state_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hotline:
    """Runs a command; gives its exit code, output and errors."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    monkeypatch.setattr("acd.cli.records_source.PIPE_WIDTH", 100)

    async def fill() -> None:
        store = await open_store(url, state_dir)
        recorder = Recorder(store)
        desk = Desk(recorder)
        play(desk)
        desk.at(START + 101, CallerHungUp("1.2"))
        desk.at(START + 200, CallArrived("1.3", "10010", '\x1b[31m[bold]"😀', "名\r\n字"))
        desk.at(START + 201, CallerHungUp("1.3"))
        desk.at(START + 300, CallArrived("1.4", "10086", "02162345678"))
        await recorder.close()
        await store.close()

    asyncio.run(fill())

    def run(*words: str) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser()
        parser.add_argument("--state", default=str(state_dir))
        parser.add_argument("--config", default="config")
        commands = parser.add_subparsers(required=True)
        calls.register(commands)
        show.register(commands)
        why.register(commands)
        args = parser.parse_args([words[0], "--database", url, *words[1:]])
        code = args.run(args)
        output = capsys.readouterr()
        return code, output.out, output.err

    return run


def test_calls_are_listed_newest_first_with_masked_numbers(hotline: Hotline) -> None:
    code, out, _ = hotline("calls", "--language", "en")
    lines = [line for line in out.splitlines() if line.startswith("09-21")]
    assert code == 0
    assert [line.split()[2] for line in lines] == ["1.3", "1.2", "1.1"]
    assert lines[2].split() == [
        "09-21", "22:13:20", "1.1", "139****1234", "mobile", "1002", "answered", "15.0", "42.0",
    ]  # fmt: skip
    assert "withheld" in lines[1]
    assert "abandoned (in IVR)" in lines[1]
    assert "13912341234" not in out
    assert "\x1b" not in out
    assert out.splitlines()[-1] == "3 calls: abandoned 1, answered 1, blocked 1"


def test_every_line_ends_in_the_same_column_and_fits_the_terminal(hotline: Hotline) -> None:
    for command in (("calls",), ("show", "1.1")):
        for language in ("zh", "en"):
            _, out, _ = hotline(*command, "--language", language)
            assert max(cell_len(line) for line in out.splitlines()) <= 100
    _, out, _ = hotline("show", "1.1", "--language", "zh")
    box = [line for line in out.splitlines() if line.startswith(("│", "╭", "╰"))]
    assert {cell_len(line) for line in box} == {100}


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["--clear", "--number", "1234"], ["1.1"]),
        (["--number", "%"], []),
        (["--queue", "mobile"], ["1.1"]),
        (["--agent", "1001"], ["1.1"]),
        (["--agent", "1002"], ["1.1"]),
        (["--agent", "1003"], []),
        (["--outcome", "abandoned"], ["1.2"]),
        (["--since", "2026-09-21 22:14:00"], ["1.3", "1.2"]),
        (["--until", "2026-09-21 22:14:00"], ["1.1"]),
        (["--since", "2026-09-21T14:14:00+00:00"], ["1.3", "1.2"]),
        (["--limit", "1"], ["1.3"]),
    ],
)
def test_calls_are_filtered(hotline: Hotline, words: list[str], ids: list[str]) -> None:
    code, out, _ = hotline("calls", "--language", "en", *words)
    assert code == 0
    assert [line.split()[2] for line in out.splitlines() if line.startswith("09-21")] == ids
    if not ids:
        assert out.strip() == "No such calls."


def test_why_tells_each_decision_with_its_rule_and_who_was_passed_over(hotline: Hotline) -> None:
    code, out, _ = hotline("why", "1.1", "--language", "en")
    assert code == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert any(line.endswith("rule longest idle, queue mobile") for line in lines)
    assert any("chosen 1002 (" in line for line in lines), out
    assert any("in vain 1001" in line for line in lines), out
    _, out, _ = hotline("why", "1.1", "--language", "zh")
    assert "规则" in out
    assert "队列 mobile：空闲最久" in out
    code, out, _ = hotline("why", "1.3", "--language", "en")
    assert (code, out.strip()) == (0, "This call was never in a queue.")


def test_clear_shows_the_number(hotline: Hotline) -> None:
    _, out, _ = hotline("calls", "--clear")
    assert "13912341234" in out


def test_a_call_is_told_on_a_page(hotline: Hotline) -> None:
    code, out, _ = hotline("show", "1.1", "--language", "en")
    assert code == 0
    story = [line.split("  ", 1)[1].strip() for line in out.splitlines() if line.startswith("22:")]
    assert [line.split(" ", 1)[1].strip() for line in story] == [
        "call arrives for 10086",
        "greeted by the IVR",
        "pressed 1",
        "enters queue mobile at position 1",
        "1001 chosen: longest idle (2.9 s), of 2 eligible; next 1002 2.9 s",
        "reserved for 1001 (waited 0.1 s)",
        "1001's phone rings (after 100 ms)",
        "reservation of 1001: timed out (no answer, rang 11.8 s)",
        "back in the queue, place kept",
        "1001 is made not ready (no answer)",
        "1002 chosen: longest idle (14.9 s), of 1 eligible; passed over: not ready 1",
        "reserved for 1002 (waited 12.1 s)",
        "1002's phone rings (after 100 ms)",
        "reservation of 1002: accepted (rang 2.8 s)",
        "1002 answers after 15.0 s of waiting",
        "talked 42.0 s, caller hung up first",
        "line cleared (by caller, cause 16)",
        "call ended: answered (the caller hung up)",
        "1002 wrapped up for 5.0 s",
    ]
    assert "139****1234 张****" in out
    assert "13912341234" not in out


TROUBLES = {
    "en": ["The switch was away for 26.0 s of it.", "In the fallback for a while.", "Answered by the PBX's fallback."],
    "zh": ["其中 26.0 秒交换机不在", "曾由 PBX 应急队列接管", "由 PBX 应急队列接通"],
}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_call_that_the_switch_was_away_for_says_so(
    url: str, state_dir: Path, hotline: Hotline, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that nothing is folded.
    monkeypatch.setattr("acd.cli.records_source.PIPE_WIDTH", 160)

    async def fill() -> None:
        store = await open_store(url, state_dir)
        recorder = Recorder(store)
        for number, (unwatched_s, fell_back, rang) in enumerate(
            [(0.0, False, True), (26.0, False, True), (0.0, True, True), (26.0, True, False)]
        ):
            known = record(f"7.{number}", START + 1000)
            lived = dataclasses.replace(known, unwatched_s=unwatched_s, fell_back=fell_back,
                                        rings=known.rings if rang else ())  # fmt: skip
            recorder.observe(START + 1000, None, [CallRestored(START + 1000, lived.call_id, "talking"),
                                                  CallEnded(START + 1060, lived)])  # fmt: skip
        await recorder.close()
        await store.close()

    asyncio.run(fill())
    away, fell_back, by_fallback = TROUBLES[language]
    for number, told in enumerate([[], [away], [fell_back], [away, by_fallback]]):
        _, out, _ = hotline("show", f"7.{number}", "--language", language)
        assert [text for text in (away, fell_back, by_fallback) if text in out] == told
        assert ("took the call up (talking)" if language == "en" else "继续此呼叫（通话）") in out
    _, out, _ = hotline("calls", "--language", language, "--since", "2026-09-21 22:25:00")
    marks = ("fallback", "unwatched 26.0 s") if language == "en" else ("应急队列", "失联 26.0 秒")
    assert [out.count(mark) for mark in marks] == [2, 2]


def test_every_entry_can_be_seen_and_is_masked(hotline: Hotline) -> None:
    _, masked, _ = hotline("show", "1.1", "--all")
    assert "139****1234" in masked
    assert "13912341234" not in masked
    assert "CallEnded" in masked
    _, clear, _ = hotline("show", "1.1", "--all", "--clear")
    assert "13912341234" in clear


def test_what_a_phone_sent_does_not_drive_the_terminal(hotline: Hotline) -> None:
    for words in (["calls", "--clear"], ["show", "1.3", "--clear", "--all"]):
        _, out, _ = hotline(*words)
        assert "\x1b" not in out
        assert "[bold]" in out


def test_a_call_in_progress_has_a_story_but_no_record(hotline: Hotline) -> None:
    code, out, _ = hotline("show", "1.4", "--language", "en")
    assert code == 0
    assert "in progress" in out
    assert "greeted by the IVR" in out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["show", "9.9"], 1, "没有呼叫 9.9 的记录"),
        (["show", "9.9", "--language", "en"], 1, "no call 9.9 is known"),
        (["calls", "--since", "yesterdayish"], 2, "is no time"),
        (["calls", "--zone", "Mars/Olympus"], 2, "no time zone"),
        (["show", "1.1", "--zone", "Mars/Olympus"], 2, "no time zone"),
    ],
)
def test_what_can_not_be_answered_says_why(hotline: Hotline, words: list[str], code: int, message: str) -> None:
    done, out, err = hotline(*words)
    assert (done, out) == (code, "")
    assert message in err


def test_without_a_database_it_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", default=str(tmp_path))
    parser.add_argument("--config", default="config")
    calls.register(parser.add_subparsers(required=True))
    args = parser.parse_args(["calls"])
    assert args.run(args) == 1
    assert "hotline serve" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_moments_are_read_in_the_sites_zone() -> None:
    zone = find_zone("Asia/Shanghai")
    now = START
    assert parse_moment("90m", zone, now) == now - 5400
    assert parse_moment("2d", zone, now) == now - 172800
    # START is 22:13:20 there.
    assert parse_moment("today", zone, now) == now - (22 * 3600 + 13 * 60 + 20)
    assert parse_moment("2026-09-21", zone, now) == parse_moment("today", zone, now)
    with pytest.raises(ValueError, match="is no time"):
        parse_moment("soon", zone, now)


def test_an_unknown_zone_of_the_machine_falls_back_to_chinas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CST-8")
    offset = find_zone(None).utcoffset(None)
    assert offset is not None
    assert offset.total_seconds() == 8 * 3600
