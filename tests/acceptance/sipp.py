"""Callers and phones made of sipp: bounded in calls and in time, each on ports of its own.

A scenario is a list of steps; `run` starts sipp with it and, at the end of the block, waits for or ends that process.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.asterisk_fixture import PHONE_HOST, TRUNK_HOST, RunningAsterisk, free_port

TIMEOUT_S = 90
_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [local_ip]
t=0 0
m=audio {media} RTP/AVP 8 0
a=rtpmap:8 PCMA/8000
a=rtpmap:0 PCMU/8000"""
_CALLER_HEADS = """Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
From: "{name}" <sip:{user}@[local_ip]:[local_port]>;tag=c[call_number]
To: <sip:[service]@[remote_ip]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq}
Contact: <sip:{user}@[local_ip]:[local_port]>
Max-Forwards: 70"""
_ANSWER_HEADS = """[last_Via:]
[last_From:]
[last_To:];tag=p[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:phone@[local_ip]:[local_port]>"""


def _send(text: str, body: str = "", options: str = "") -> str:
    content = f"Content-Type: application/sdp\nContent-Length: [len]\n\n{body}" if body else "Content-Length: 0\n\n"
    return f"<send {options}><![CDATA[\n{text}\n{content}\n]]></send>"


def pause(ms: int) -> str:
    return f'<pause milliseconds="{ms}"/>'


def invite(*, name: str, user: str, media: int, authorized: bool = False) -> str:
    heads = _CALLER_HEADS.format(name=name, user=user, to_tag="", cseq=f"{2 if authorized else 1} INVITE")
    heads += "\n[authentication username=" + user + " password={password}]" if authorized else ""
    return _send(
        f"INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{heads}", _SDP.format(media=media), 'retrans="500"'
    )


def in_dialog(method: str, *, name: str, user: str, cseq: int = 3) -> str:
    heads = _CALLER_HEADS.format(name=name, user=user, to_tag="[peer_tag_param]", cseq=f"{cseq} {method}")
    return _send(
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n{heads}",
        "",
        "" if method == "ACK" else 'retrans="500"',
    )


def expect(code: int) -> str:
    skipped = "".join(f'<recv response="{early}" optional="true"/>' for early in (100, 180, 183) if early < code)
    return f'{skipped}<recv response="{code}" rtd="true"/>'


def answer(code: int, words: str, *, media: int = 0) -> str:
    return _send(
        f"SIP/2.0 {code} {words}\n{_ANSWER_HEADS}",
        _SDP.format(media=media) if media else "",
        'retrans="500"' if code >= 200 else "",
    )


def request(method: str) -> str:
    return f'<recv request="{method}"/>'


OK_TO_IT = """<send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>"""
# The phone's own BYE: From and To are those of the INVITE, changed round.
PHONE_HANGS_UP = """<send retrans="500"><![CDATA[
BYE [$caller_uri] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport
From: [$to];tag=p[call_number]
To: [$from]
Call-ID: [call_id]
CSeq: 1 BYE
Max-Forwards: 70
Content-Length: 0

]]></send><recv response="200"/>"""
RECEIVE_INVITE = """<recv request="INVITE"><action>
<ereg regexp=".*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="sip:[^>]*" search_in="hdr" header="Contact:" assign_to="caller_uri"/>
</action></recv>"""


@dataclass
class Sipp:
    process: asyncio.subprocess.Process
    media: socket.socket
    errors: Path

    def loud_packets(self) -> int:
        """Packets of sound that came since last asked and hold more than silence."""
        loud = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                loud += _is_loud(self.media.recv(2048))
        return loud

    def forget(self) -> None:
        self.loud_packets()

    async def hears(self, within_s: float) -> None:
        """Until half a second of sound has come. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(within_s):
            loud = 0
            while loud < 25:
                loud += _is_loud(await loop.sock_recv(self.media, 2048))

    async def ended(self, within_s: float = 20) -> int:
        """Its exit code, 0 if every call went as the scenario says."""
        async with asyncio.timeout(within_s):
            return await self.process.wait()


def _is_loud(packet: bytes) -> bool:
    """RTP with A-law: 12 bytes of header, then samples whose exponent is in bits 4 to 6 once 0x55 is taken off."""
    return any((byte ^ 0x55) & 0x7F > 0x30 for byte in packet[12:])


@asynccontextmanager
async def run(
    pbx: RunningAsterisk,
    steps: Sequence[str],
    *,
    at: tuple[str, int],
    service: str,
    password: str = "",
    media: socket.socket,
) -> AsyncIterator[Sipp]:
    with TemporaryDirectory(prefix="sipp-") as folder:
        scenario = Path(folder) / "scenario.xml"
        variables = '<Reference variables="from,to,caller_uri"/>' if RECEIVE_INVITE in steps else ""
        body = "\n".join(steps).replace("{password}", password)
        scenario.write_text(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="s">\n{body}\n{variables}</scenario>',
            encoding="utf-8",
        )
        host, port = at
        process = await asyncio.create_subprocess_exec(
            *("sipp", "-sf", str(scenario), "-i", host, "-p", str(port), "-s", service, "-m", "1", "-l", "1"),
            *("-timeout", f"{TIMEOUT_S}s", "-timeout_error", "-nostdin", "-aa", "-mp", str(media.getsockname()[1] + 2)),
            *("-trace_err", "-error_file", f"{folder}/errors", f"{pbx.sip_host}:{pbx.sip_port}"),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield Sipp(process, media, Path(folder) / "errors")
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _media(host: str) -> socket.socket:
    media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    media.bind((host, 0))
    media.setblocking(False)
    return media


@asynccontextmanager
async def caller(
    pbx: RunningAsterisk,
    then: Sequence[str] = (),
    *,
    number: str = "10086",
    name: str = "caller",
    user: str = "13912341234",
    host: str = TRUNK_HOST,
    answered: bool = True,
    code: int = 200,
) -> AsyncIterator[Sipp]:
    """Dials `number` from the trunk. With nothing in `then` the caller stays until the other side hangs up.

    `code`: what the INVITE is answered with in the end.
    """
    with _media(host) as media:
        port = media.getsockname()[1]
        steps = [invite(name=name, user=user, media=port), expect(code)]
        steps += [in_dialog("ACK", name=name, user=user, cseq=1)]
        if code == 200:
            steps += list(then) or [request("BYE"), OK_TO_IT]
        async with run(pbx, steps, at=(host, free_port(socket.SOCK_DGRAM, host)), service=number, media=media) as sipp:
            yield sipp


def hang_up_after(ms: int, *, name: str = "caller", user: str = "13912341234") -> list[str]:
    return [pause(ms), in_dialog("BYE", name=name, user=user), expect(200)]


@asynccontextmanager
async def phone(
    pbx: RunningAsterisk, agent: str, *, ring_ms: int = 100, code: int = 200, talk_ms: int | None = None
) -> AsyncIterator[Sipp]:
    """The phone of an agent with a contact: rings, answers with `code`, waits for BYE or sends it after `talk_ms`."""
    host, port = pbx.contacts[agent]
    with _media(host) as media:
        steps = [RECEIVE_INVITE, answer(180, "Ringing"), pause(ring_ms)]
        if code == 200:
            steps += [answer(200, "OK", media=media.getsockname()[1]), request("ACK")]
            steps += [request("BYE"), OK_TO_IT] if talk_ms is None else [pause(talk_ms), PHONE_HANGS_UP]
        else:
            steps += [answer(code, "No"), request("ACK")]
        async with run(pbx, steps, at=(host, port), service=agent, media=media) as sipp:
            yield sipp


@asynccontextmanager
async def feature_call(pbx: RunningAsterisk, agent: str, number: str, *, code: int = 200) -> AsyncIterator[Sipp]:
    """The agent's phone dials `number`, proving who it is when asked."""
    host = pbx.contacts[agent][0]
    with _media(host) as media:
        port = media.getsockname()[1]
        challenged = '<recv response="100" optional="true"/><recv response="401" auth="true"/>'
        steps = [invite(name=agent, user=agent, media=port), challenged]
        steps += [in_dialog("ACK", name=agent, user=agent, cseq=1)]
        steps += [invite(name=agent, user=agent, media=port, authorized=True), expect(code)]
        steps += [in_dialog("ACK", name=agent, user=agent, cseq=2)]
        steps += [request("BYE"), OK_TO_IT] if code == 200 else []
        at = (host, free_port(socket.SOCK_DGRAM, host))
        async with run(pbx, steps, at=at, service=number, password=pbx.password(agent), media=media) as sipp:
            yield sipp


@asynccontextmanager
async def register(pbx: RunningAsterisk, user: str, password: str, *, code: int = 200) -> AsyncIterator[Sipp]:
    """A phone that registers once. `code` 401: it is refused however it answers the challenge."""
    host = PHONE_HOST
    with _media(host) as media:
        steps = []
        for attempt in (1, 2):
            proof = f"[authentication username={user} password={{password}}]\n" if attempt == 2 else ""
            heads = _CALLER_HEADS.format(name=user, user=user, to_tag="", cseq=f"{attempt} REGISTER")
            heads = heads.replace("<sip:[service]@[remote_ip]>", f"<sip:{user}@[remote_ip]>")
            steps.append(_send(f"REGISTER sip:[remote_ip] SIP/2.0\n{heads}\n{proof}Expires: 60", "", 'retrans="500"'))
            wanted = '<recv response="401" auth="true"/>' if attempt == 1 else f'<recv response="{code}"/>'
            steps.append(f'<recv response="100" optional="true"/>{wanted}')
        at = (host, free_port(socket.SOCK_DGRAM, host))
        async with run(pbx, steps, at=at, service=user, password=password, media=media) as sipp:
            yield sipp
