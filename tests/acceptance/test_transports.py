"""Every way a phone can speak to Asterisk: it registers, and Asterisk reaches it on the same connection."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import secrets
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import aiohttp
import pytest

from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.settings import AmiSettings
from config.asterisk.settings import AgentEndpoint, Ami, AmiUser, Tls, Transports
from tests.acceptance.asterisk_fixture import TRUNK_HOST, RunningAsterisk, free_port, running_asterisk

pytestmark = pytest.mark.asterisk

PHONES = {"tcp": "1001", "tls": "1002", "ws": "1005", "wss": "1006"}  # a phone for each transport
PASSWORD = secrets.token_hex(12)
WITHIN_S = 10.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Of localhost and 127.0.0.1, signed by itself."""
    folder = tmp_path_factory.mktemp("tls")
    made = Tls(certificate=folder / "certificate.pem", private_key=folder / "key.pem")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"),
            *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
            *("-keyout", str(made.private_key), "-out", str(made.certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return made


@pytest.fixture(scope="module")
def pbx(tmp_path_factory: pytest.TempPathFactory, certificate: Tls) -> Iterator[RunningAsterisk]:
    """Listens for SIP in every way there is, and for AMI over TLS."""
    ports = Transports(
        udp=free_port(socket.SOCK_DGRAM), tcp=free_port(), tls=free_port(), ws=free_port(), wss=free_port()
    )
    ami = Ami(
        port=free_port(),
        live=AmiUser(name="switch", secret=secrets.token_hex(12)),
        admin=AmiUser(name="admin", secret=secrets.token_hex(12)),
        tls=True,
    )
    agents = tuple(
        AgentEndpoint(agent_id=agent, sip_password=PASSWORD, webrtc="ws" in over) for over, agent in PHONES.items()
    )
    home = tmp_path_factory.mktemp("pbx")
    with running_asterisk(home, transports=ports, tls=certificate, ami=ami, agents=agents) as running:
        yield running


@pytest.fixture(scope="module")
def trust(certificate: Tls) -> ssl.SSLContext:
    """Accepts that certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate.certificate))


class Wire(Protocol):
    async def send(self, text: str) -> None: ...

    async def receive(self) -> str:
        """The next SIP message, whole."""


class Stream:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()

    async def receive(self) -> str:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lstrip("\r\n")  # blank lines keep it alive
        return head + (await self._reader.readexactly(int(header(head, "Content-Length")))).decode()


class Socket:
    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self._ws = ws

    async def send(self, text: str) -> None:
        await self._ws.send_str(text)

    async def receive(self) -> str:
        message = await self._ws.receive()
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), message
        return message.data if isinstance(message.data, str) else message.data.decode()


@asynccontextmanager
async def wire(pbx: RunningAsterisk, name: str, trust: ssl.SSLContext, host: str = "127.0.0.1") -> AsyncIterator[Wire]:
    """A connection over the transport `name`, from the address `host`."""
    port = getattr(pbx.settings.transports, name)
    secure = name in ("tls", "wss")
    if name in ("tcp", "tls"):
        reader, writer = await asyncio.open_connection(
            pbx.sip_host, port, ssl=trust if secure else None, local_addr=(host, 0)
        )
        try:
            yield Stream(reader, writer)
        finally:
            writer.close()
        return
    url = f"{'https' if secure else 'http'}://{pbx.sip_host}:{port}/ws"
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(host, 0))) as session,
        session.ws_connect(url, protocols=("sip",), ssl=trust if secure else True) as ws,
    ):
        # aiohttp lets nothing but a 101 come to this.
        assert ws.protocol == "sip"
        yield Socket(ws)


def header(message: str, name: str) -> str:
    found = re.search(rf"^{name} *: *(.*?)\r?$", message, re.IGNORECASE | re.MULTILINE)
    assert found, f"no {name} in:\n{message}"
    return found[1]


def ask(pbx: RunningAsterisk, over: str, method: str, user: str, cseq: int, more: str = "") -> str:
    """A request of `user`; REGISTER goes to the registrar, anything else to the first entry number."""
    proto = over.upper()
    service = "" if method == "REGISTER" else f"{pbx.settings.entry_numbers[0]}@"
    to = user if method == "REGISTER" else pbx.settings.entry_numbers[0]
    # A page does not know its own address: the transport is what leads back to it.
    address = "page.invalid" if "ws" in over else "127.0.0.1:5999"
    kind = "ws" if over == "wss" else over  # in a URI it is ws, secure or not (RFC 7118, section 5.2)
    return (
        f"{method} sip:{service}{pbx.sip_host} SIP/2.0\r\n"
        f"Via: SIP/2.0/{proto} {address};rport;branch=z9hG4bK{secrets.token_hex(6)}\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:{user}@{pbx.sip_host}>;tag={secrets.token_hex(4)}\r\n"
        f"To: <sip:{to}@{pbx.sip_host}>\r\nCall-ID: {secrets.token_hex(8)}\r\nCSeq: {cseq} {method}\r\n"
        f"Contact: <sip:{user}@{address};transport={kind}>\r\n{more}Content-Length: 0\r\n\r\n"
    )


def proof(challenge: str, user: str, uri: str) -> str:
    """The Authorization header that answers a digest challenge to a REGISTER (RFC 2617)."""
    given = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))

    def md5(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    own = secrets.token_hex(4)
    secret, what = md5(user, given["realm"], PASSWORD), md5("REGISTER", uri)
    response = md5(secret, given["nonce"], "00000001", own, "auth", what)
    return (
        f'Authorization: Digest username="{user}", realm="{given["realm"]}", nonce="{given["nonce"]}", uri="{uri}", '
        f'response="{response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{own}"'
        + (f', opaque="{given["opaque"]}"' if "opaque" in given else "")
        + "\r\n"
    )


def granted(request: str) -> str:
    """200 OK to a request of Asterisk's."""
    kept = [f"{name}: {header(request, name)}" for name in ("Via", "From", "To", "Call-ID", "CSeq")]
    return "\r\n".join(("SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""))


@pytest.mark.parametrize(("over", "user"), PHONES.items())
async def test_a_phone_registers_and_is_reached(
    pbx: RunningAsterisk, trust: ssl.SSLContext, over: str, user: str
) -> None:
    """With its password. Asterisk then asks whether the phone is there, on the connection that calls will take."""
    async with asyncio.timeout(WITHIN_S), wire(pbx, over, trust) as phone:
        await phone.send(ask(pbx, over, "REGISTER", user, 1, "Expires: 60\r\n"))
        refused = await phone.receive()
        assert refused.startswith("SIP/2.0 401 ")
        answer = proof(header(refused, "WWW-Authenticate"), user, f"sip:{pbx.sip_host}")
        await phone.send(ask(pbx, over, "REGISTER", user, 2, f"{answer}Expires: 60\r\n"))
        heard = sorted([await phone.receive(), await phone.receive()])
        assert [message[:12] for message in heard] == ["OPTIONS sip:", "SIP/2.0 200 "], heard
        await phone.send(granted(heard[0]))
        await pbx.shows("pjsip show contacts", rf"{user}/sip:{user}@\S+ +\S+ +Avail")


@pytest.mark.parametrize("over", ["tcp", "tls", "ws", "wss"])
async def test_a_trunk_is_known_by_its_address_over_any_transport(
    pbx: RunningAsterisk, trust: ssl.SSLContext, over: str
) -> None:
    for host, status in ((TRUNK_HOST, 200), ("127.0.0.9", 401)):
        async with asyncio.timeout(WITHIN_S), wire(pbx, over, trust, host) as carrier:
            await carrier.send(ask(pbx, over, "OPTIONS", "13912341234", 1))
            assert (await carrier.receive()).startswith(f"SIP/2.0 {status} ")


@pytest.mark.parametrize("name", ["tls", "wss"])
async def test_the_certificate_is_the_sites(pbx: RunningAsterisk, name: str) -> None:
    """A client that does not trust it goes away."""
    with pytest.raises(ssl.SSLCertVerificationError, match="self-signed"):
        await asyncio.open_connection(
            pbx.sip_host, getattr(pbx.settings.transports, name), ssl=ssl.create_default_context()
        )


@pytest.mark.parametrize("name", ["tls", "wss", "ami"])
def test_tls_is_no_older_than_1_2(pbx: RunningAsterisk, name: str) -> None:
    port = pbx.ami.port if name == "ami" else getattr(pbx.settings.transports, name)
    for version, accepted in (("-tls1_1", False), ("-tls1_2", True)):
        said = subprocess.run(
            ["openssl", "s_client", version, "-cipher", "ALL:@SECLEVEL=0", "-connect", f"{pbx.sip_host}:{port}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        assert ("BEGIN CERTIFICATE" in said.stdout) is accepted, said
        # Turned away by Asterisk, not by an OpenSSL here that no longer speaks it.
        assert accepted or "alert protocol version" in said.stderr, said.stderr


def test_pages_by_wss_alone_open_no_port_in_clear(tmp_path: Path, certificate: Tls, trust: ssl.SSLContext) -> None:
    ports = Transports(udp=free_port(socket.SOCK_DGRAM), wss=free_port())

    async def scenario(alone: RunningAsterisk) -> None:
        async with asyncio.timeout(WITHIN_S), wire(alone, "wss", trust, TRUNK_HOST) as page:
            await page.send(ask(alone, "wss", "OPTIONS", "13912341234", 1))
            assert (await page.receive()).startswith("SIP/2.0 200 ")
            assert listening(alone) == {ports.wss, alone.ami.port}

    with running_asterisk(tmp_path, transports=ports, tls=certificate) as alone:
        asyncio.run(scenario(alone))


def listening(pbx: RunningAsterisk) -> set[int]:
    """The TCP ports that this Asterisk itself listens at."""
    own = {os.readlink(path) for path in Path(f"/proc/{pbx.instance.pid}/fd").iterdir()}
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {int(row[1].split(":")[1], 16) for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}


@pytest.mark.parametrize(("path", "protocol", "status"), [("/ws", "chat", 400), ("/", "sip", 404)])
async def test_a_websocket_is_for_sip_at_its_place_only(
    pbx: RunningAsterisk, path: str, protocol: str, status: int
) -> None:
    url = f"http://{pbx.sip_host}:{pbx.settings.transports.ws}{path}"
    async with asyncio.timeout(WITHIN_S), aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(url, protocols=(protocol,))
        assert refused.value.status == status


async def test_ami_over_tls(pbx: RunningAsterisk, trust: ssl.SSLContext) -> None:
    account = pbx.ami.live
    link = AmiLink(
        AmiSettings(username=account.name, secret=account.secret, port=pbx.ami.port, ssl=trust, boot_wait_s=0),
        wanted=(),
        on_event=lambda message: None,
        on_up=lambda: None,
        on_down=lambda reason: None,
    )
    await link.start()
    try:
        await link.wait_up(WITHIN_S)
        assert (await link.request({"Action": "CoreStatus"})).ok
    finally:
        await link.close()


async def test_ami_over_tls_is_not_spoken_to_in_clear(pbx: RunningAsterisk) -> None:
    reader, writer = await asyncio.open_connection(pbx.ami.bind, pbx.ami.port)
    try:
        writer.write(b"Action: Ping\r\n\r\n")
        async with asyncio.timeout(WITHIN_S):
            assert b"Asterisk Call Manager" not in await reader.read()
    except ConnectionResetError:
        pass
    finally:
        writer.close()
