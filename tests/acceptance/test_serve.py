"""`hotline serve` as ops run it: started, killed, started again, given a new site, refused with a reason."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.versions import Versions
from cti.client import Client
from scripts.recovery.process import switch_pid
from scripts.softphones.farm import PhoneFarm
from tests.acceptance.hotline_process import ROOT, HotlineProcess, shipped_site

pytestmark = pytest.mark.asterisk
START_S_MAX = 90.0  # prompts are made on the first run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    folder.mkdir()
    return shipped_site(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder whose prompts are made, for all."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def state(made: Path) -> Iterator[Path]:
    yield made
    end_asterisk(made)


Serve = Callable[..., HotlineProcess]


@pytest.fixture
def serve(config: Path, state: Path) -> Iterator[Serve]:
    """Start `hotline serve` with these options; what still runs after the test is ended."""
    started: list[HotlineProcess] = []

    def start(*options: str) -> HotlineProcess:
        started.append(HotlineProcess(config, state, "serve", *options))
        return started[-1]

    yield start
    for process in started:
        process.process.kill()
        process.process.wait(10)


def asterisk_pid(state: Path) -> int:
    return int((state / "asterisk" / "run" / "asterisk.pid").read_text())


def has_asterisk(state: Path) -> bool:
    try:
        return runs(asterisk_pid(state))
    except (OSError, ValueError):
        return False


def end_asterisk(state: Path) -> None:
    """End the Asterisk that a switch has left running, as it should."""
    try:
        pidfd = os.pidfd_open(asterisk_pid(state))
    except (OSError, ValueError):
        return
    signal.pidfd_send_signal(pidfd, signal.SIGTERM)


def sip_address(config: Path) -> str:
    found = re.search(r"udp_port: (\d+)", (config / "site.yaml").read_text(encoding="utf-8"))
    assert found is not None
    return f"127.0.0.1:{found[1]}"


def test_it_starts_ends_and_is_started_again_on_the_same_asterisk(serve: Serve, state: Path) -> None:
    first = serve()
    first.wait_for("figures", START_S_MAX)
    pbx = asterisk_pid(state)
    first.process.kill()
    first.process.wait(10)
    second = serve("--stop-pbx")
    second.wait_for("taking it over", 20)
    second.wait_for("figures", 20)
    assert asterisk_pid(state) == pbx
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(20) == 0, "".join(second.said)
    assert not runs(pbx)


def test_a_switch_that_dies_begins_again(serve: Serve, state: Path) -> None:
    switch = serve("--stop-pbx")
    switch.wait_for("pbx_link_up", START_S_MAX)
    pbx = asterisk_pid(state)
    os.kill(switch_pid(switch.process.pid), signal.SIGKILL)
    switch.wait_for("was killed by SIGKILL", 20)
    switch.wait_for("taking it over", 20)
    switch.wait_for("pbx_link_up", 20)
    assert asterisk_pid(state) == pbx
    switch.process.send_signal(signal.SIGTERM)
    assert switch.process.wait(20) == 0
    assert not runs(pbx)


def test_a_switch_that_dies_beside_a_broken_file_goes_on_with_what_was_in_force(
    serve: Serve, config: Path, state: Path
) -> None:
    switch = serve("--stop-pbx")
    switch.wait_for("pbx_link_up", START_S_MAX)
    routing = config / "routing.yaml"
    routing.write_text(routing.read_text(encoding="utf-8").replace("priority: 2", "priorty: 2"), encoding="utf-8")
    switch.wait_for("configuration_refused", 20)
    os.kill(switch_pid(switch.process.pid), signal.SIGKILL)
    switch.wait_for("was killed by SIGKILL", 20)
    assert "priorty" in switch.wait_for("stays in force", 20)
    switch.wait_for("pbx_link_up", 20)
    switch.process.send_signal(signal.SIGTERM)
    assert switch.process.wait(20) == 0


def test_one_that_is_asked_to_end_while_it_starts_does_not_start_first(serve: Serve, state: Path) -> None:
    switch = serve("--stop-pbx")
    switch.wait_for("prompts and music", 20)
    switch.process.send_signal(signal.SIGTERM)
    switch.wait_for("stopping", 20)
    assert switch.process.wait(20) == 0
    assert not any("agents log in" in line for line in [*switch.said, *switch.lines.queue])
    assert not has_asterisk(state)


def test_a_second_switch_leaves_the_first_ones_asterisk_alone(serve: Serve, state: Path) -> None:
    first = serve()
    first.wait_for("pbx_link_up", START_S_MAX)
    pbx = asterisk_pid(state)
    second = serve("--stop-pbx")
    second.wait_for("another switch runs", 20)
    assert second.process.wait(20) == 1
    assert runs(pbx)
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(20) == 0


def test_an_asterisk_that_dies_is_started_again(serve: Serve, state: Path) -> None:
    switch = serve("--stop-pbx")
    switch.wait_for("figures", START_S_MAX)
    switch.wait_for("pbx_link_up", 20)
    pbx = asterisk_pid(state)
    os.kill(pbx, signal.SIGKILL)
    switch.wait_for("asterisk_ended", 30)
    # Which of the two the log has first is for the processor to say.
    switch.wait_for_all(["pbx_link_up", "asterisk_started_again"], 40)
    another = asterisk_pid(state)
    assert another != pbx
    switch.process.send_signal(signal.SIGTERM)
    assert switch.process.wait(20) == 0
    assert not runs(another)


def test_an_idle_asterisk_is_started_again_for_other_ports(serve: Serve, config: Path, state: Path) -> None:
    first = serve()
    first.wait_for("figures", START_S_MAX)
    pbx, address = asterisk_pid(state), sip_address(config)
    first.process.send_signal(signal.SIGTERM)
    assert first.process.wait(20) == 0
    assert runs(pbx), "it serves callers while the switch is away"
    shipped_site(config)
    assert sip_address(config) != address
    second = serve("--stop-pbx")
    assert sip_address(config).rpartition(":")[2] in second.wait_for("at SIP", START_S_MAX)
    assert asterisk_pid(state) != pbx
    assert not runs(pbx)
    second.process.send_signal(signal.SIGTERM)
    assert second.process.wait(20) == 0


async def test_a_new_agent_is_taken_over_while_it_runs(serve: Serve, config: Path, state: Path) -> None:
    """Written into the YAML, rendered, reloaded over AMI, and logged in by the phone's own feature code."""
    serving = serve("--stop-pbx")
    await asyncio.to_thread(serving.wait_for, "figures", START_S_MAX)
    routing = config / "routing.yaml"
    text = routing.read_text(encoding="utf-8")
    new = text.rstrip() + "\n  2001: {name: 新人, group: inbound, skills: {enquiry: 50}}\n"
    routing.write_text(new.replace("skills: {enquiry: 50}}", "skills: {enquiri: 50}}"), encoding="utf-8")
    await asyncio.to_thread(serving.wait_for, "configuration_refused", 20)
    routing.write_text(new, encoding="utf-8")
    await asyncio.to_thread(serving.wait_for, "configuration_taken_over", 30)
    password = re.search(r"2001['\"]?: ['\"]?([\w.~-]+)", (state / "secrets.yaml").read_text())
    assert password is not None
    async with PhoneFarm(sip_address(config), "127.0.0.3") as farm:
        phone = await farm.softphone("2001", password[1])
        await phone.dial_code("*11")
        agent = await asyncio.to_thread(Client.of_state(state).agent, "2001")
        assert (agent.state, agent.reason) == ("not_ready", "login")
    serving.process.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(serving.process.wait, 20) == 0


def test_what_is_saved_is_a_version_and_rollback_brings_the_one_before_back(
    serve: Serve, config: Path, state: Path
) -> None:
    serving = serve("--stop-pbx")
    serving.wait_for("figures", START_S_MAX)
    versions, routing = Versions(state), config / "routing.yaml"
    first, before = versions.numbers()[0], routing.read_bytes()

    routing.write_bytes(before.replace("张敏".encode(), "张明".encode()))
    said = serving.wait_for("configuration_taken_over", 20)
    assert "agents: 1 changed (1001)" in said
    assert versions.numbers()[0] == first + 1
    assert "agents: 1 changed (1001)" in hotline(config, state, "versions").stdout
    assert Client.of_state(state).agent("1001").name == "张明"

    with routing.open("wb") as file:  # slowly, as over a network: half of it would be refused, or worse, taken
        file.write(before[:1000])
        file.flush()
        serving.wait_for("configuration_being_written", 20)
        assert versions.numbers()[0] == first + 1
        file.write(before[1000:].replace(b"names:", b"nmaes:", 1))
    assert "nmaes" in serving.wait_for("configuration_refused", 20)
    refused = hotline(config, state, "rollback", str(first))
    assert (refused.returncode, "never applied" in refused.stderr) == (1, True)
    assert versions.numbers()[0] == first + 1

    assert hotline(config, state, "rollback", str(first), "--force").returncode == 0
    serving.wait_for("configuration_taken_over", 20)
    assert routing.read_bytes() == before
    assert Client.of_state(state).agent("1001").name == "张敏"
    assert f"back to {first}: agents: 1 changed (1001)" in hotline(config, state, "versions").stdout
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(20) == 0


def test_what_asterisk_cannot_be_given_is_refused_and_no_version(serve: Serve, config: Path, state: Path) -> None:
    serving = serve("--stop-pbx")
    serving.wait_for("figures", START_S_MAX)
    versions, routing = Versions(state), config / "routing.yaml"
    first = versions.numbers()[0]
    in_the_way = state / "asterisk" / "sounds" / "zh" / "agents" / "2002.alaw"
    in_the_way.mkdir(parents=True)

    new = routing.read_bytes().rstrip() + "\n  2002: {name: 新人, group: inbound, skills: {enquiry: 50}}\n".encode()
    routing.write_bytes(new)
    serving.wait_for("configuration_refused", 20)
    assert versions.numbers()[0] == first
    assert not list(versions.folder.glob(".staged-*"))

    in_the_way.rmdir()
    routing.touch()
    assert "agents: 1 added (2002)" in serving.wait_for("configuration_taken_over", 20)
    assert versions.numbers()[0] == first + 1
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(20) == 0


def hotline(config: Path, state: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command that answers and ends."""
    options = ["--config", str(config), "--state", str(state), "--language", "en"]
    return subprocess.run(
        [sys.executable, "-m", "acd.cli.main", *options, *words], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=30,
    )  # fmt: skip


def test_an_occupied_sip_port_is_named(serve: Serve, config: Path) -> None:
    host, _, port = sip_address(config).partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((host, int(port)))
        serving = serve()
        serving.wait_for(f"sip.udp_port (udp {host}:{port})", START_S_MAX)
        assert serving.process.wait(10) == 1


def test_a_broken_configuration_is_refused_with_its_line(serve: Serve, config: Path) -> None:
    site = config / "site.yaml"
    site.write_text(site.read_text(encoding="utf-8").replace("udp_port:", "udp_prot:"), encoding="utf-8")
    serving = serve()
    serving.wait_for("udp_prot", 20)
    assert any(re.search(r"site\.yaml:\d+:\d+:", line) for line in serving.said)
    assert serving.process.wait(10) == 1


def test_without_an_asterisk_it_says_how_to_get_one(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_ASTERISK", str(tmp_path / "nowhere"))
    serving = serve()
    serving.wait_for(str(tmp_path / "nowhere"), 20)
    assert serving.process.wait(10) == 1


def test_a_database_that_is_away_is_an_alarm_and_callers_are_served(
    serve: Serve, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOTLINE_DATABASE_URL", f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/hotline.db")
    serving = serve("--stop-pbx")
    said = serving.wait_for("database_away", START_S_MAX)
    assert "no/such/folder" in said
    assert "See that its folder exists" in said
    status = Client.of_state(state).status()
    assert not status.ready
    assert [part.up for part in (status.pbx, status.database)] == [True, False]
    serving.process.send_signal(signal.SIGTERM)
    assert serving.process.wait(20) == 0
    assert (state / "spill" / "journal.jsonl").stat().st_size > 0


def runs(pid: int) -> bool:
    """Not gone, and not a corpse that nobody has buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
