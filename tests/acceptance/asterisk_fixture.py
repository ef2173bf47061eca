"""A private Asterisk for tests: free ports, a folder of its own, gone with the tests. Several may run side by side.

Tests in this folder ask for the fixture `asterisk`, one for the whole run, or make their own with `running_asterisk`.

Phones: 1001-1006 register; 2001-2006 are always at `contacts[agent]`, for sipp. Callers come from `trunk_host`.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import re
import secrets
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from acd.pbx.asterisk.instance import AsteriskInstance, Listen
from config.asterisk.program import locate
from config.asterisk.render import write
from config.asterisk.settings import (
    AgentEndpoint,
    Ami,
    AmiUser,
    FallbackQueue,
    MusicClass,
    PbxSettings,
    Rtp,
    Transports,
    Trunk,
)
from config.prompts import music, speech
from config.prompts.texts import SYSTEM_TEXTS, work_number_texts

INSTALL = Path(__file__).parents[2] / "scripts" / "install_asterisk.sh"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hotline" / "tests"
REGISTERING = tuple(str(number) for number in range(1001, 1007))
AT_CONTACT = tuple(str(number) for number in range(2001, 2007))
TRUNK_HOST = "127.0.0.2"
PHONE_HOST = "127.0.0.3"
RTP_PORTS = 400
LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class RunningAsterisk:
    """`sip_host:sip_port` is where to call; `contacts` says where sipp has to be the phone of an agent."""

    settings: PbxSettings
    instance: AsteriskInstance
    contacts: Mapping[str, tuple[str, int]]

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def sip_host(self) -> str:
        return self.settings.transports.bind

    @property
    def sip_port(self) -> int:
        return self.settings.transports.udp

    @property
    def trunk_host(self) -> str:
        return TRUNK_HOST

    @property
    def ami(self) -> Ami:
        return self.settings.ami

    def password(self, agent_id: str) -> str:
        return next(agent.sip_password for agent in self.settings.agents if agent.agent_id == agent_id)

    async def shows(self, command: str, pattern: str, within_s: float = 15.0) -> None:
        """Once Asterisk's answer to `command` holds `pattern`; AssertionError with the last one if it never does."""
        answer = ""
        try:
            async with asyncio.timeout(within_s):
                while not re.search(pattern, answer):
                    await asyncio.sleep(LOOK_EVERY_S)
                    answer = await self.instance.command(command)
        except TimeoutError:
            raise AssertionError(f"no {pattern!r} within {within_s} s in:\n{answer}") from None


@cache
def launcher() -> Path:
    """The Asterisk of this machine, fetched if need be."""
    found = subprocess.run([INSTALL], stdout=subprocess.PIPE, text=True, check=True)
    return Path(found.stdout.splitlines()[-1])


def free_port(kind: int = socket.SOCK_STREAM, host: str = "127.0.0.1") -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


@cache
def sounds() -> tuple[Path, Path]:
    """Prompts and music, made once for all test runs of this user."""
    CACHE.mkdir(parents=True, exist_ok=True)
    speech.build({**SYSTEM_TEXTS, **work_number_texts(REGISTERING + AT_CONTACT)}, CACHE / "sounds")
    with (CACHE / "music.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        music.build(CACHE / "music")
    return CACHE / "sounds", CACHE / "music"


def settings_in(home: Path, contacts: Mapping[str, tuple[str, int]], **changes: Any) -> PbxSettings:
    """Settings with free ports and fresh secrets; `changes` are fields of PbxSettings."""
    prompts, pieces = sounds()
    # Apart from the system's own choice of ports, so that no client takes one of ours.
    rtp_min = 10000 + 2 * secrets.randbelow((32000 - 10000 - RTP_PORTS) // 2)
    values: dict[str, Any] = {
        "home": home,
        "program": locate(launcher()),
        "ami": Ami(
            port=free_port(),
            live=AmiUser(name="switch", secret=secrets.token_hex(12)),
            admin=AmiUser(name="admin", secret=secrets.token_hex(12)),
        ),
        "transports": Transports(udp=free_port(socket.SOCK_DGRAM), tcp=free_port(), ws=free_port()),
        "rtp": Rtp(port_min=rtp_min, port_max=rtp_min + RTP_PORTS),
        "trunks": (Trunk(name="test", addresses=(TRUNK_HOST,)),),
        "agents": (
            *(AgentEndpoint(agent_id=agent, sip_password=secrets.token_hex(12)) for agent in REGISTERING),
            *(
                AgentEndpoint(
                    agent_id=agent,
                    sip_password=secrets.token_hex(12),
                    contact=f"sip:{agent}@{host}:{port}",
                    qualify=False,  # sipp would count each OPTIONS as a call
                )
                for agent, (host, port) in contacts.items()
            ),
        ),
        "queues": (FallbackQueue(queue_id="default"), FallbackQueue(queue_id="billing")),
        "music": (MusicClass(name="default", directory=pieces),),
        "ring_timeout_s": 5,
        "sounds": prompts,
    }
    return PbxSettings(**{**values, **changes})


@contextmanager
def running_asterisk(home: Path, **changes: Any) -> Iterator[RunningAsterisk]:
    """A private Asterisk in the empty folder `home`; it dies with this process at the latest."""
    contacts = {agent: (PHONE_HOST, free_port(socket.SOCK_DGRAM, PHONE_HOST)) for agent in AT_CONTACT}
    settings = settings_in(home, contacts, **changes)
    write(settings)
    instance = AsteriskInstance(
        settings.program.launcher,
        home,
        listens=[Listen(*each) for each in settings.listens],
        die_with_parent=True,
    )
    asyncio.run(instance.start())
    try:
        yield RunningAsterisk(settings, instance, contacts)
    finally:
        asyncio.run(instance.stop())


@pytest.fixture(scope="session")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAsterisk]:
    with running_asterisk(tmp_path_factory.mktemp("pbx")) as running:
        yield running
