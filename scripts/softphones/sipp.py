"""Run sipp scenarios: many callers or phones at once, with what went over the wire read back from sipp's own trace.

Every run is bounded twice, by a number of calls and by a time, and ends with the process: sipp's own time-out
waits for calls that hang, so after it the process is killed by its id.
"""

import asyncio
import contextlib
import csv
import os
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Self

from acd.parent import die_with

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
VOICE = "voice.alaw"
ALAW_SILENCE = b"\xd5"
VOICE_S = 1
KILL_AFTER_S = 3.0
_HEAD = re.compile(
    rb"^-{40,} (\d{4}-\d\d-\d\d[ \t]\d\d:\d\d:\d\d\.\d{6}).*\n(?:UDP|TCP|TLS) message (sent|received)", re.M
)


class SippMissingError(RuntimeError):
    """There is no sipp on this machine; the message says how to get it."""


@dataclass(frozen=True)
class SippRun:
    """What to run. `scenario` names a file of `scenarios`; `calls_max` and `timeout_s` end it, whichever is first.

    `local` is host:port for SIP; `media_port` that of the RTP; `echo` sends what comes in back (for phones: two
    ends that echo would chase each packet for ever). `values` fill the scenario's times, in milliseconds.
    """

    scenario: str
    local: str
    media_port: int
    calls_max: int
    timeout_s: int
    remote: str = ""
    number: str = ""
    caller: str = "<sip:13912341234@127.0.0.1>"
    per_s: float = 10.0
    at_once_max: int = 0
    echo: bool = False
    trace: bool = True
    values: dict[str, int] = field(default_factory=dict)

    def arguments(self) -> list[str]:
        host, port = self.local.rsplit(":", 1)
        out = ["-sf", str(SCENARIOS / f"{self.scenario}.xml"), "-i", host, "-p", port, "-mi", host]
        out += ["-mp", str(self.media_port), "-m", str(self.calls_max), "-timeout", str(self.timeout_s), "-nostdin"]
        out += ["-trace_err", "-error_file", "errors.log", "-trace_stat", "-stf", "counts.csv"]
        if self.trace:
            out += ["-trace_msg", "-message_file", "messages.log"]
        for name, value in self.values.items():
            out += ["-set", name, str(value)]
        if self.remote:
            out += ["-s", self.number, "-key", "caller", self.caller, "-r", f"{self.per_s:g}", self.remote]
            if self.at_once_max:
                out += ["-l", str(self.at_once_max)]
        else:
            out += ["-aa"]
        return [*out, "-rtp_echo"] if self.echo else out


@dataclass(frozen=True)
class SippMessage:
    """A SIP message as sipp logged it; `at` is UTC seconds since the epoch, to the microsecond."""

    at: float
    sent: bool
    start_line: str
    headers: dict[str, str]

    @property
    def method(self) -> str:
        """The request's method; "" for a response."""
        return "" if self.start_line.startswith("SIP/2.0") else self.start_line.split(" ", 1)[0]

    @property
    def status(self) -> int:
        """The response's code; 0 for a request."""
        return int(self.start_line.split(" ")[1]) if self.start_line.startswith("SIP/2.0") else 0

    @property
    def call_id(self) -> str:
        return self.headers.get("call-id", "")


@dataclass(frozen=True)
class SippResult:
    """`exit_code` 0: every call went as the scenario says; -9: it had to be killed after its time-out."""

    exit_code: int
    successful: int
    failed: int
    retransmissions: int
    errors: str


class Sipp:
    """One sipp process; `async with` starts it and sees to its end."""

    def __init__(self, run: SippRun, folder: Path) -> None:
        self.run = run
        self.folder = folder
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        program = shutil.which("sipp")
        if program is None:
            raise SippMissingError("sipp is not installed: apt-get install sip-tester")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / VOICE).write_bytes(ALAW_SILENCE * 8000 * VOICE_S)
        with (self.folder / "screen.log").open("wb") as screen:
            self._process = await asyncio.create_subprocess_exec(
                program, *self.run.arguments(), cwd=self.folder, start_new_session=True,
                stdin=asyncio.subprocess.DEVNULL, stdout=screen, stderr=screen,
                env=os.environ | {"TERM": "xterm", "TZ": "UTC"}, preexec_fn=partial(die_with, os.getpid()),
            )  # fmt: skip
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def listening(self, timeout_s: float = 5.0) -> None:
        """Wait until the SIP port is open (it can then no longer be bound by us)."""
        host, port = self.run.local.rsplit(":", 1)
        async with asyncio.timeout(timeout_s):
            while _can_bind(host, int(port)):
                if self._process is not None and self._process.returncode is not None:
                    raise RuntimeError(f"sipp ended at once: {self._errors()}")
                await asyncio.sleep(0.01)

    async def finished(self) -> SippResult:
        """Wait for the end of the run, which its time-out bounds, and return what came of it."""
        assert self._process is not None
        try:
            await asyncio.wait_for(self._process.wait(), self.run.timeout_s + KILL_AFTER_S)
        except TimeoutError:
            await self.stop()
        return self.result()

    async def stop(self) -> None:
        """End it now, calls or no calls."""
        assert self._process is not None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def result(self) -> SippResult:
        assert self._process is not None
        counts = self._counts()
        return SippResult(
            exit_code=self._process.returncode if self._process.returncode is not None else -1,
            successful=int(counts.get("SuccessfulCall(C)", 0)),
            failed=int(counts.get("FailedCall(C)", 0)),
            retransmissions=int(counts.get("Retransmissions(C)", 0)),
            errors=self._errors(),
        )

    def messages(self) -> Iterator[SippMessage]:
        """What went over the wire so far, in order."""
        path = self.folder / "messages.log"
        data = path.read_bytes() if path.exists() else b""
        heads = list(_HEAD.finditer(data))
        for head, following in zip(heads, [*heads[1:], None], strict=True):
            body = data[head.end() : following.start() if following else len(data)]
            message = _message(head, body)
            if message is not None:
                yield message

    def _counts(self) -> dict[str, str]:
        path = self.folder / "counts.csv"
        if not path.exists():
            return {}
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file, delimiter=";"))
        return rows[-1] if rows else {}

    def _errors(self) -> str:
        path = self.folder / "errors.log"
        return path.read_text(errors="replace")[:2000] if path.exists() else ""


def _message(head: re.Match[bytes], body: bytes) -> SippMessage | None:
    text = body.split(b"\n\n", 1)[-1].decode("utf-8", "replace").replace("\r\n", "\n").lstrip("\n")
    start_line, _, rest = text.partition("\n")
    if not start_line:
        return None
    headers: dict[str, str] = {}
    for row in rest.split("\n\n", 1)[0].split("\n"):
        name, colon, value = row.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    at = datetime.fromisoformat(head.group(1).decode().replace("\t", " ") + "+00:00").timestamp()
    return SippMessage(at, head.group(2) == b"sent", start_line, headers)


def _can_bind(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True

