"""Starting and stopping a private Asterisk: clear words when it can't be, and no process left behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.pbx.asterisk.instance import AsteriskInstance, InstanceError, Listen
from config.asterisk.render import write
from config.asterisk.settings import PbxSettings
from tests.acceptance.asterisk_fixture import running_asterisk, settings_in

pytestmark = pytest.mark.asterisk
ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(tmp_path_factory: pytest.TempPathFactory) -> PbxSettings:
    made = settings_in(tmp_path_factory.mktemp("pbx"), {})
    write(made)
    return made


def instance_of(settings: PbxSettings) -> AsteriskInstance:
    listens = [Listen(*each) for each in settings.listens]
    return AsteriskInstance(settings.program.launcher, settings.home, listens=listens, die_with_parent=True)


async def gone(pid: int, within_s: float = 10) -> None:
    """Once the process is; raises TimeoutError if it stays."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        async with asyncio.timeout(within_s):
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def test_it_starts_answers_and_leaves_no_process(settings: PbxSettings) -> None:
    instance = instance_of(settings)
    assert await instance.start() is True
    pid = instance.pid
    assert pid is not None
    assert "System uptime" in await instance.command("core show uptime")
    assert "Not Running" not in await instance.command("module show")
    log = (settings.home / "log" / "messages").read_text(encoding="utf-8")
    assert [line for line in log.splitlines() if "ERROR" in line or "WARNING" in line] == []
    await instance.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    await instance.stop()  # a second time does nothing


@pytest.mark.parametrize("what", ["ami.port", "sip.udp_port"])
async def test_an_occupied_port_is_named(settings: PbxSettings, what: str) -> None:
    listen = next(Listen(*each) for each in settings.listens if each[0] == what)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if listen.kind == "udp" else socket.SOCK_STREAM) as taken:
        taken.bind((listen.host, listen.port))
        if listen.kind == "tcp":
            taken.listen()
        instance = instance_of(settings)
        with pytest.raises(InstanceError, match=rf"in use.*{what} \({listen.kind} 127.0.0.1:{listen.port}\)"):
            await instance.start()
        assert instance.pid is None


async def test_a_port_lost_after_the_check_is_no_silent_loss(settings: PbxSettings) -> None:
    """Asterisk itself would go on without."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind((settings.transports.bind, settings.transports.udp))
        instance = AsteriskInstance(settings.program.launcher, settings.home, die_with_parent=True)
        with pytest.raises(InstanceError, match="taken while Asterisk started"):
            await instance.start()
        assert instance.pid is None


async def test_an_asterisk_that_ends_at_once_is_quoted(settings: PbxSettings) -> None:
    (settings.home / "etc" / "modules.conf").write_text("[modules]\nautoload=no\nrequire=no_such_module.so\n")
    with pytest.raises(InstanceError, match=r"(?s)ended with code.*no_such_module"):
        await instance_of(settings).start()


async def test_what_is_missing_is_said(settings: PbxSettings, tmp_path: Path) -> None:
    with pytest.raises(InstanceError, match="write the configuration first"):
        await AsteriskInstance(settings.program.launcher, tmp_path).start()
    with pytest.raises(InstanceError, match="does not start"):
        await AsteriskInstance(tmp_path / "asterisk", settings.home).start()
    deep = tmp_path / ("x" * 100)
    (deep / "etc").mkdir(parents=True)
    (deep / "etc" / "asterisk.conf").touch()
    with pytest.raises(InstanceError, match="too long for a socket"):
        await AsteriskInstance(settings.program.launcher, deep).start()


def test_two_run_side_by_side(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        running_asterisk(tmp_path_factory.mktemp("one")) as one,
        running_asterisk(tmp_path_factory.mktemp("two")) as two,
    ):
        assert one.instance.pid != two.instance.pid
        for pbx in (one, two):
            assert str(pbx.sip_port) in asyncio.run(pbx.instance.command("pjsip show transports"))


PARENT = """
import asyncio, sys
from pathlib import Path
from acd.pbx.asterisk.instance import AsteriskInstance
instance = AsteriskInstance(Path(sys.argv[1]), Path(sys.argv[2]), die_with_parent=sys.argv[3] == "True")
asyncio.run(instance.start())
print(instance.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent(settings: PbxSettings, request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that started Asterisk, and Asterisk's pid."""
    given = [str(settings.program.launcher), str(settings.home), str(request.param)]
    command = [sys.executable, "-c", PARENT, *given]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        yield process, pid
        process.kill()


@pytest.mark.parametrize("parent", [False], indirect=True)
async def test_it_outlives_a_crash_and_is_taken_over(
    settings: PbxSettings, parent: tuple[subprocess.Popen[str], int]
) -> None:
    process, pid = parent
    process.send_signal(signal.SIGKILL)
    process.wait()
    next_one = instance_of(settings)
    try:
        assert await next_one.start() is False
        assert next_one.pid == pid
        assert "System uptime" in await next_one.command("core show uptime")
    finally:
        await next_one.stop()
    await gone(pid)


@pytest.mark.parametrize("parent", [True], indirect=True)
async def test_it_dies_with_its_parent_where_asked_to(parent: tuple[subprocess.Popen[str], int]) -> None:
    process, pid = parent
    process.send_signal(signal.SIGKILL)
    process.wait()
    await gone(pid)
