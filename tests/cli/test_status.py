"""`hotline status` and `hotline live`: what a person sees."""

import asyncio
import fcntl
import json
import os
import pty
import signal
import struct
import sys
import termios
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from acd.cli.call_words import Words
from acd.cli.floor_view import Room, render, tell_lasting
from acd.core.events import CallerHungUp, NotReadyRequested
from acd.health import Health
from cti.client import Client, NotReachable
from cti.day import Day
from cti.server import serve_api
from cti.status import make_status
from tests.cli.conftest import ENVIRONMENT, ROOT, Hotline
from tests.switch_twin import SwitchTwin, make_site


def fill(switch: SwitchTwin) -> None:
    """1001 talks, 1002 is at table, one caller waits, one has left."""
    switch.staff("1001", "1002")
    switch.post(NotReadyRequested("1002", "meal"))
    switch.call("c1", number="13900000001")
    switch.answer()
    switch.call("c2", number="13900000002")
    switch.advance(75.0)
    switch.call("c3", number="13900000003")
    switch.post(CallerHungUp("c3"))


async def test_status_shows_the_floor_in_both_languages(hotline: Hotline, switch: SwitchTwin) -> None:
    fill(switch)
    ran = await hotline("status", language="zh")
    assert (ran.code, ran.err) == (0, "")
    for text in ("人工服务", "● 交换机", "测试热线", "用餐", "1:15", "139****0002", "排队", "放弃", "未签入 1 人"):
        assert text in ran.out, text
    assert "1390000000" not in ran.out
    english = (await hotline("status")).out
    for text in ("Test hotline", "Meal", "General", "● PBX", "on a call", "1 logged out", "abandoned", "in 20 s"):
        assert text in english, text
    told = json.loads((await hotline("status", "--json")).out)
    assert told["queues"][0]["waiting"] == 1


async def test_status_names_what_is_down(hotline: Hotline, switch: SwitchTwin) -> None:
    switch.reported = Health(pbx_up=False, pbx_reason="connection refused", database_ok=False, spilled_records=12)
    out = (await hotline("status")).out
    assert "PBX down (connection refused)" in out
    assert "database down" in out
    assert "12 records wait" in out
    assert "clock" not in out


async def test_status_says_that_the_clock_was_set(hotline: Hotline, switch: SwitchTwin) -> None:
    switch.reported = Health(pbx_up=True, database_ok=True, clock_drift_s=-3600.04)
    assert "system clock set by -3600.0 s" in (await hotline("status")).out
    assert "系统时钟被调 -3600.0 秒" in (await hotline("status", language="zh")).out
    told = json.loads((await hotline("status", "--json")).out)
    assert (told["clock_drift_s"], told["ready"]) == (-3600.04, True)


async def test_no_switch_is_exit_3(hotline: Hotline) -> None:
    for command in ("status", "agents"):
        assert (await hotline(command)).code == 3


async def test_live_wants_a_terminal(hotline: Hotline, switch: SwitchTwin) -> None:
    ran = await hotline("live")
    assert ran.code == 2
    assert "hotline status" in ran.err


def draw(switch: SwitchTwin, day: Day, width: int, height: int, language: str = "zh") -> list[str]:
    status = make_status(switch.view(), switch.health(), day)
    console = Console(width=width, height=height, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    console.print(render(status, Words(language), Room.of(width, height, len(status.queues))))
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 30), (200, 60)])
def test_a_crowd_fits_on_the_screen_and_the_rest_is_counted(width: int, height: int, language: str) -> None:
    day = Day(make_site())
    switch = SwitchTwin(observers=[day])
    switch.staff("1001", "1002", "1003")
    for number in range(300):
        switch.call(f"c{number}", number=f"139{number:08}")
    for number in range(200, 250):
        switch.post(CallerHungUp(f"c{number}"))
    lines = draw(switch, day, width, height, language)
    assert len(lines) <= height
    rest = [line for line in lines if ("另有" if language == "zh" else "more") in line]
    assert rest
    rows = Room.of(width, height, 2).rows
    assert str(250 - rows) in rest[-1]


def test_what_callers_send_cannot_drive_the_terminal() -> None:
    day = Day(make_site())
    switch = SwitchTwin(observers=[day])
    switch.call("c1", number="\x1b[2J\x1b]0;x\x07[red]1")
    text = "\n".join(draw(switch, day, 120, 30))
    assert "\x1b" not in text
    assert "\x07" not in text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (7.9, "0:07"), (754, "12:34"), (3723, "1:02:03"), (90061, "25:01:01")]
)
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert tell_lasting(seconds) == text


class Screen:
    """A pseudo-terminal and what was written to it."""

    def __init__(self, width: int, height: int) -> None:
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.text = ""

    async def read_until(self, wanted: Callable[[str], bool]) -> None:
        loop = asyncio.get_running_loop()
        more = asyncio.Event()

        def read() -> None:
            try:
                self.text += os.read(self.ours, 65536).decode("utf-8", "replace")
            except OSError:
                loop.remove_reader(self.ours)
            more.set()

        loop.add_reader(self.ours, read)
        try:
            async with asyncio.timeout(20):
                while not wanted(self.text):
                    more.clear()
                    await more.wait()
        finally:
            loop.remove_reader(self.ours)

    def close(self) -> None:
        os.close(self.ours)
        os.close(self.theirs)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
async def test_live_follows_the_floor_and_gives_the_terminal_back(
    switch: SwitchTwin, tmp_path: Path, ending: signal.Signals
) -> None:
    screen = Screen(120, 30)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "acd.cli.main", "--state", str(tmp_path), "--language", "zh", "live",
        stdin=screen.theirs, stdout=screen.theirs, stderr=screen.theirs, cwd=ROOT,
        env={**ENVIRONMENT, "TERM": "xterm-256color"},
    )  # fmt: skip
    try:
        await screen.read_until(lambda text: "没有呼叫" in text and "Ctrl-C 退出" in text)
        switch.call("c1", number="13912345678")
        await screen.read_until(lambda text: "139****5678" in text)
        process.send_signal(ending)
        # The alternate screen is left and the cursor shown again.
        await screen.read_until(lambda text: "\x1b[?1049l" in text and "\x1b[?25h" in text)
        async with asyncio.timeout(20):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        screen.close()


async def test_a_client_finds_the_switch_that_was_started_again(tmp_path: Path) -> None:
    day = Day(make_site())
    first = await serve_api(SwitchTwin(), day, tmp_path, port=0)
    client = Client.of_state(tmp_path)
    assert (await asyncio.to_thread(client.status)).ready
    await first.stop()
    with pytest.raises(NotReachable):
        await asyncio.to_thread(client.status)
    second = await serve_api(SwitchTwin(), day, tmp_path, port=0)
    assert (await asyncio.to_thread(client.status)).ready
    assert client.url == second.access.url
    await second.stop()
