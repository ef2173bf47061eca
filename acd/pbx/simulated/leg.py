"""The agent's leg of a call as the PBX holds it: dialled, ringing, up, gone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from acd.core.words import RingEnd, Side

if TYPE_CHECKING:
    from acd.pbx.simulated.channel import Channel
    from acd.pbx.simulated.exchange import Exchange
    from acd.pbx.simulated.phone import SimulatedPhone

# What the PBX makes of a phone's refusal, by SIP status.
REFUSALS = {486: RingEnd.BUSY, 603: RingEnd.REJECTED, 480: RingEnd.NO_ANSWER, 503: RingEnd.FAILED}


class Dialler(Protocol):
    """Who dialled the leg, and is told what becomes of it."""

    def leg_rings(self, leg: "Leg") -> None: ...

    def leg_answered(self, leg: "Leg") -> bool:
        """False refuses the answer: the leg is dropped, and `leg_failed` (rescinded) follows."""

    def leg_failed(self, leg: "Leg", end: RingEnd) -> None: ...

    def leg_ended(self, leg: "Leg", by: Side) -> None: ...


class Leg:
    """One try at one phone. Whatever comes from the phone after the leg is gone is refused."""

    __slots__ = ("_cancel_timer", "channel", "dialler", "exchange", "gone", "phone", "rang", "reservation_id", "up")

    def __init__(
        self,
        exchange: "Exchange",
        channel: "Channel",
        phone: "SimulatedPhone",
        dialler: Dialler,
        reservation_id: str,
        ring_timeout_s: float,
    ) -> None:
        self.exchange, self.channel, self.phone, self.dialler = exchange, channel, phone, dialler
        self.reservation_id = reservation_id
        self.rang = self.up = self.gone = False
        channel.leg = self
        busy = phone.busy
        phone.legs.add(self)
        exchange.tell_busy(phone, busy)
        delays = exchange.delays
        exchange.time.call_in(delays.vary(delays.phone_s), lambda: phone.invited(self))
        self._cancel_timer: Callable[[], None] | None = exchange.time.call_in(ring_timeout_s, self._timed_out)

    # ---- words from the phone ----

    def rings(self) -> None:
        if not self.gone and not self.rang:
            self.rang = True
            self.dialler.leg_rings(self)

    def answered(self) -> None:
        if self.gone:
            # ACK and BYE: the answer crossed with the end of the ring.
            self._tell_phone()
            return
        self._stop_timer()
        self.up = True
        if not self.dialler.leg_answered(self):
            self._fail(RingEnd.RESCINDED)

    def rejected(self, code: int) -> None:
        if not self.gone:
            self._fail(REFUSALS.get(code, RingEnd.FAILED))

    def hung_up(self) -> None:
        if not self.gone:
            self.drop()
            self.dialler.leg_ended(self, Side.AGENT)

    # ---- what the PBX does ----

    def drop(self) -> None:
        """End the leg; nobody but the phone is told."""
        if self.gone:
            return
        self._stop_timer()
        self.gone = True
        self.channel.leg = None
        busy = self.phone.busy
        self.phone.legs.discard(self)
        self.exchange.tell_busy(self.phone, busy)
        self._tell_phone()

    def lose_media(self) -> None:
        """The phone is dead: a talk ends when its silence has lasted too long, a ring by its own time."""
        if self.up and not self.gone:
            self._stop_timer()
            self._cancel_timer = self.exchange.time.call_in(self.exchange.delays.media_lost_s, self._media_lost)

    def _media_lost(self) -> None:
        self.drop()
        self.dialler.leg_ended(self, Side.SYSTEM)

    def _timed_out(self) -> None:
        # Not a sound from the phone: it is not there, whatever its registration says.
        self._fail(RingEnd.NO_ANSWER if self.rang else RingEnd.UNREACHABLE)

    def _fail(self, end: RingEnd) -> None:
        self.drop()
        self.dialler.leg_failed(self, end)

    def _stop_timer(self) -> None:
        if self._cancel_timer is not None:
            self._cancel_timer()
            self._cancel_timer = None

    def _tell_phone(self) -> None:
        delays = self.exchange.delays
        self.exchange.time.call_in(delays.vary(delays.phone_s), lambda: self.phone.released(self))
