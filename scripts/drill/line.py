"""One address with many legs: SIP on one UDP port, the sound of all legs on another."""

import asyncio
import socket
import time
from collections.abc import Callable
from typing import Any, Self

from scripts.drill.leg import Leg
from scripts.drill.sip import NotSip, SipMessage, read, response
from scripts.drill.sound import TICK_S

RECEIVE_BYTES = 4 << 20
Address = tuple[str, int]


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        self._take(data, addr)


def _socket(host: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    made.bind((host, port))
    made.setblocking(False)
    return made


class Line:
    """`on_invite` is given each call that comes in, and makes a leg of it (`accept`) or ignores it.

    `on_change` is told of each leg that was answered or ended.
    """

    def __init__(
        self,
        host: str,
        port: int,
        pbx: str,
        on_change: Callable[[Leg], None],
        on_invite: Callable[[SipMessage], None] = lambda message: None,
    ) -> None:
        self._host, self._port, self._pbx = host, port, pbx
        self._on_change, self._on_invite = on_change, on_invite
        self.legs: dict[str, Leg] = {}
        self._by_sound: dict[Address, Leg] = {}
        # Legs whose packets are neither sent nor heard, and requests to these users are not answered.
        self.vanished: set[str] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._sip, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(self._take_sip), sock=_socket(self._host, self._port)
        )
        sound = _socket(self._host, 0)
        self._media: Address = (self._host, sound.getsockname()[1])
        self._sound, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._take_sound), sock=sound)
        self._talking = loop.create_task(self._talk())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._talking.cancel()
        for leg in self.legs.values():
            leg.drop()
        self._sip.close()
        self._sound.close()

    def new_leg(self, name: str) -> Leg:
        host, _, port = self._pbx.partition(":")
        pbx = (host, int(port))
        return Leg(name, lambda data: self._send(name, data, pbx), (self._host, self._port), self._media, self._changed)

    def dial(self, name: str, number: str) -> Leg:
        leg = self.new_leg(name)
        self.legs[leg.call_id] = leg
        leg.invite(number, self._pbx)
        return leg

    def accept(self, name: str, request: SipMessage) -> Leg:
        leg = self.new_leg(name)
        leg.rung(request)
        self.legs[leg.call_id] = leg
        self._changed(leg)
        return leg

    def _send(self, name: str, data: bytes, to: Address) -> None:
        if name not in self.vanished:
            self._sip.sendto(data, to)

    def _changed(self, leg: Leg) -> None:
        if leg.sound_to is not None:
            self._by_sound[leg.sound_to] = leg
        self._on_change(leg)

    def _take_sip(self, data: bytes, source: Address) -> None:
        try:
            message = read(data)
        except NotSip:
            return
        leg = self.legs.get(message["call-id"])
        if leg is not None:
            if leg.voice.name not in self.vanished:
                leg.take(message)
        elif message.method == "INVITE":
            self._on_invite(message)
        elif message.method == "OPTIONS":
            self._answer_options(message, source)
        elif message.method and message.method != "ACK":
            self._sip.sendto(response(message, 481, "Call/Transaction Does Not Exist", "none"), source)

    def _answer_options(self, message: SipMessage, source: Address) -> None:
        user = message.start_line.partition("sip:")[2].partition("@")[0]
        if f"a{user}" not in self.vanished:
            self._sip.sendto(response(message, 200, "OK", "here"), source)

    def _take_sound(self, data: bytes, source: Address) -> None:
        leg = self._by_sound.get(source)
        if leg is not None and leg.voice.name not in self.vanished:
            leg.voice.take(data, time.time())

    async def _talk(self) -> None:
        while True:
            for leg in self.legs.values():
                if leg.answered and not leg.over and leg.sound_to and leg.voice.name not in self.vanished:
                    self._sound.sendto(leg.voice.next_packet(), leg.sound_to)
            await asyncio.sleep(TICK_S)
