"""One SIP dialog, of a caller or of a phone, with its log: when it began, was answered and ended, and by whom.

Requests are repeated until they are answered (RFC 3261, 17.1), a 200 to an INVITE until it is acknowledged. A side that
answers nothing any more is given up after `GIVE_UP_S`: the line is dead.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from scripts.drill.sip import Headers, SipMessage, response, sdp, user_of, write
from scripts.drill.sound import Voice

REPEAT_S = (0.5, 1.0, 2.0, 4.0)
GIVE_UP_S = 8.0
_numbers = count(1)


class EndedBy(StrEnum):
    HERE = "here"
    THERE = "there"
    NOBODY = "nobody"  # the other side answers nothing any more


@dataclass(slots=True)
class LegLog:
    """What happened on the line, in UTC seconds; 0 where it has not. `status`: what an INVITE was refused with."""

    began_at: float = 0.0
    answered_at: float = 0.0
    acknowledged_at: float = 0.0
    ended_at: float = 0.0
    ended_by: EndedBy | None = None
    status: int = 0


class Leg:
    """`send` takes bytes to the PBX; `address` and `media` are host and port of SIP and sound on this side."""

    def __init__(
        self,
        name: str,
        send: Callable[[bytes], None],
        address: tuple[str, int],
        media: tuple[str, int],
        on_change: Callable[["Leg"], None],
    ) -> None:
        number = next(_numbers)
        self.voice = Voice(name, number)
        self.log = LegLog(time.time())
        self.sound_to: tuple[str, int] | None = None
        self.other_number = ""
        self._send, self._address, self._media, self._on_change = send, address, media, on_change
        self._tag = f"{name}{number}"
        self.call_id = f"{self._tag}@{address[0]}"
        self._local = self._remote = self._target = ""
        self._cseq = 0
        self._invite: SipMessage | None = None  # the one received
        self._invite_headers: Headers = ()
        self._invite_uri = ""
        self._accepted = b""
        self._ack = b""
        self._repeats: dict[str, asyncio.Task[None]] = {}
        self.dropped = False

    # ---- what is so ----

    @property
    def over(self) -> bool:
        return self.log.ended_by is not None

    @property
    def answered(self) -> bool:
        return self.log.answered_at > 0

    # ---- a caller ----

    def invite(self, number: str, pbx: str) -> None:
        host, port = self._address
        self._invite_uri = self._target = f"sip:{number}@{pbx}"
        self._local, self._remote = f"<sip:{self.voice.name[1:]}@{host}:{port}>;tag={self._tag}", f"<{self._target}>"
        self._cseq = 1
        self._invite_headers = self._headers("INVITE", contact=True)
        self._repeat("INVITE", write(f"INVITE {self._target} SIP/2.0", self._invite_headers, self._sdp()))

    def hang_up(self) -> None:
        """BYE, CANCEL or a refusal, as the call stands."""
        if self.over:
            return
        if self._invite is not None and not self.answered:
            self.refuse(603, "Decline")
        elif self.answered:
            self._bye()
            self._end(EndedBy.HERE)
        else:
            self._cancel()

    def _bye(self) -> None:
        self._cseq += 1
        self._repeat("BYE", write(f"BYE {self._target} SIP/2.0", self._headers("BYE")))

    def _cancel(self) -> None:
        cancel = [("CSeq", "1 CANCEL") if name == "CSeq" else (name, value) for name, value in self._invite_headers]
        self._repeat("CANCEL", write(f"CANCEL {self._invite_uri} SIP/2.0", cancel))
        self._end(EndedBy.HERE)

    # ---- a phone ----

    def rung(self, request: SipMessage) -> None:
        """An INVITE came: ring."""
        self._invite, self.call_id = request, request["call-id"]
        self.sound_to = request.audio
        self._target, self._remote = request.contact, request["from"]
        self._local = f"{request['to']};tag={self._tag}"
        self.other_number = user_of(request["from"])
        self._respond(request, 180, "Ringing")

    def answer(self) -> None:
        if self.over or self.answered or self._invite is None:
            return
        self.log.answered_at = time.time()
        self._accepted = response(self._invite, 200, "OK", self._tag, self._contact(), self._sdp())
        self._repeat("OK", self._accepted)
        self._on_change(self)

    def refuse(self, status: int, words: str = "No") -> None:
        if self._invite is not None and not self.over and not self.answered:
            self._repeat("REFUSED", response(self._invite, status, words, self._tag))
            self._end(EndedBy.HERE)

    # ---- what comes in ----

    def take(self, message: SipMessage) -> None:
        if message.status:
            self._take_response(message)
            return
        match message.method:
            case "INVITE" if self._invite is not None and message["cseq"] == self._invite["cseq"]:
                self._send(self._accepted or response(message, 180, "Ringing", self._tag))
            case "INVITE":
                self.sound_to = message.audio or self.sound_to
                self._send(response(message, 200, "OK", self._tag, self._contact(), self._sdp()))
            case "ACK":
                self.log.acknowledged_at = self.log.acknowledged_at or time.time()
                self._stop("OK", "REFUSED")
            case "CANCEL":
                self._respond(message, 200, "OK")
                if self._invite is not None and not self.answered and not self.over:
                    self._repeat("REFUSED", response(self._invite, 487, "Request Terminated", self._tag))
                    self._end(EndedBy.THERE)
            case "BYE":
                self._respond(message, 200, "OK")
                self._end(EndedBy.THERE)
            case _:
                self._respond(message, 200, "OK")

    def _take_response(self, message: SipMessage) -> None:
        method = message.answers_method
        if method != "INVITE":
            self._stop(method)
        elif message.status < 200:
            self._stop("INVITE")
        elif message.status < 300:
            self._take_accepted(message)
        else:
            self._stop("INVITE")
            headers = [("CSeq", "1 ACK") if name == "CSeq" else (name, value) for name, value in self._invite_headers]
            to = [(name, message["to"]) if name == "To" else (name, value) for name, value in headers]
            self._send(write(f"ACK {self._invite_uri} SIP/2.0", to))
            self.log.status = message.status
            self._end(EndedBy.THERE)

    def _take_accepted(self, message: SipMessage) -> None:
        self._stop("INVITE")
        if self._ack:
            self._send(self._ack)
            return
        self._remote, self._target = message["to"], message.contact or self._target
        self._ack = write(f"ACK {self._target} SIP/2.0", self._headers("ACK"))
        self._send(self._ack)
        self.sound_to = message.audio
        if self.over:  # hung up while the answer was on its way
            self._bye()
            return
        self.log.answered_at = time.time()
        self._on_change(self)

    # ---- the end ----

    def _end(self, by: EndedBy) -> None:
        if self.over:
            return
        self.log.ended_at, self.log.ended_by = time.time(), by
        self._stop("INVITE", "OK")
        self._on_change(self)

    def drop(self) -> None:
        """Nothing is sent any more, not even a farewell: the phone is gone."""
        self.dropped = not self.over
        self._stop(*list(self._repeats))
        self._end(EndedBy.HERE)

    def give_up(self) -> None:
        """The line is dead."""
        self._stop(*list(self._repeats))
        self._end(EndedBy.NOBODY)

    # ---- writing ----

    def _headers(self, method: str, *, contact: bool = False) -> list[tuple[str, str]]:
        host, port = self._address
        branch = f"z9hG4bK{self._tag}.{method if method != 'ACK' else 'A'}{self._cseq}"
        headers = [("Via", f"SIP/2.0/UDP {host}:{port};rport;branch={branch}"), ("Max-Forwards", "70"),
                   ("From", self._local), ("To", self._remote), ("Call-ID", self.call_id),
                   ("CSeq", f"{self._cseq} {method}")]  # fmt: skip
        return [*headers, *self._contact()] if contact else headers

    def _contact(self) -> list[tuple[str, str]]:
        return [("Contact", f"<sip:{self.voice.name[1:]}@{self._address[0]}:{self._address[1]}>")]

    def _sdp(self) -> str:
        return sdp(*self._media)

    def _respond(self, request: SipMessage, status: int, words: str) -> None:
        self._send(response(request, status, words, self._tag, self._contact()))

    # ---- repeating ----

    def _repeat(self, what: str, data: bytes) -> None:
        self._send(data)
        self._repeats[what] = asyncio.get_running_loop().create_task(self._go_on_sending(what, data))

    async def _go_on_sending(self, what: str, data: bytes) -> None:
        for pause_s in REPEAT_S:
            await asyncio.sleep(pause_s)
            self._send(data)
        await asyncio.sleep(GIVE_UP_S - sum(REPEAT_S))
        self._repeats.pop(what, None)
        self._end(EndedBy.NOBODY)

    def _stop(self, *whats: str) -> None:
        for what in whats:
            task = self._repeats.pop(what, None)
            if task is not None:
                task.cancel()

