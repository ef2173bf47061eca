"""An agent's phone, with the person at it: how it takes a ring, and what it believes of its calls."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from acd.core.words import Phone

if TYPE_CHECKING:
    from acd.pbx.simulated.exchange import Exchange
    from acd.pbx.simulated.leg import Leg

Manner = Callable[["SimulatedPhone", "Leg"], None]
"""What the phone does when it is called."""

BUSY_HERE = 486


def rings_on(phone: "SimulatedPhone", leg: "Leg") -> None:
    phone.ring(leg)


def gives_no_sign(phone: "SimulatedPhone", leg: "Leg") -> None:
    """Registered, but dead: nothing at all comes back."""


def answers_after(answer_s: float, hang_up_s: float | None = None) -> Manner:
    """Answer `answer_s` after the first ring; hang up `hang_up_s` after that, None: not by itself."""

    def manner(phone: "SimulatedPhone", leg: "Leg") -> None:
        phone.ring(leg)
        phone.exchange.time.call_in(answer_s, partial(phone.answer_leg, leg))
        if hang_up_s is not None:
            phone.exchange.time.call_in(answer_s + hang_up_s, partial(phone.hang_up_leg, leg))

    return manner


def rejects(code: int, after_s: float = 0.0) -> Manner:
    """Refuse with the SIP status `code` (486 busy here, 603 decline, 480, 503)."""

    def manner(phone: "SimulatedPhone", leg: "Leg") -> None:
        phone.ring(leg)
        phone.exchange.time.call_in(after_s, partial(phone.reject_leg, leg, code))

    return manner


def vanishes_after(after_s: float) -> Manner:
    """Ring, then drop off the network without a word."""

    def manner(phone: "SimulatedPhone", leg: "Leg") -> None:
        phone.ring(leg)
        phone.exchange.time.call_in(after_s, phone.vanish)

    return manner


class SimulatedPhone:
    """`alive`: it is on the network. `known`: what the PBX believes of it. `calls` are the legs as the phone itself
    sees them (`ringing` or `talking`), `legs` those the PBX has for it; on the way between them both differ.

    `manner` may be changed at any time; a phone on a call of its own is busy whatever its manner.
    """

    def __init__(self, exchange: "Exchange", agent_id: str, manner: Manner = rings_on) -> None:
        self.exchange, self.agent_id, self.manner = exchange, agent_id, manner
        self.alive = True
        self.known = Phone.REACHABLE
        self.own_call = False
        self.calls: dict[Leg, str] = {}
        self.legs: set[Leg] = set()
        self.rung = 0

    @property
    def ringing(self) -> bool:
        return "ringing" in self.calls.values()

    @property
    def talking(self) -> bool:
        return "talking" in self.calls.values()

    @property
    def busy(self) -> bool:
        """The PBX has a channel of any kind for it."""
        return self.own_call or bool(self.legs)

    # ---- what the person does ----

    def answer(self) -> None:
        for leg in [leg for leg, state in self.calls.items() if state == "ringing"]:
            self.answer_leg(leg)

    def reject(self, code: int = BUSY_HERE) -> None:
        for leg in [leg for leg, state in self.calls.items() if state == "ringing"]:
            self.reject_leg(leg, code)

    def hang_up(self) -> None:
        for leg in [leg for leg, state in self.calls.items() if state == "talking"]:
            self.hang_up_leg(leg)

    def begin_own_call(self) -> None:
        self._set_own_call(True)

    def end_own_call(self) -> None:
        self._set_own_call(False)

    # ---- what happens to the phone ----

    def vanish(self) -> None:
        """Drop off the network; the PBX finds out by asking."""
        self.alive = False
        self.calls.clear()
        self.exchange.time.call_in(self.exchange.delays.qualify_s, self._found_dead)
        for leg in list(self.legs):
            leg.lose_media()

    def unplug(self) -> None:
        """Leave the network in good order, which the PBX knows at once. A talk in progress ends."""
        self.hang_up()
        self.alive = False
        self.calls.clear()
        self._set_known(Phone.UNREACHABLE)

    def plug_in(self) -> None:
        self.alive = True
        self._set_known(Phone.REACHABLE)

    # ---- one call, as seen from the phone ----

    def invited(self, leg: "Leg") -> None:
        if not self.alive or leg.gone:
            return
        self.rung += 1
        if self.own_call or self.calls:
            self.calls[leg] = "ringing"
            self.reject_leg(leg, BUSY_HERE)
            return
        self.manner(self, leg)

    def ring(self, leg: "Leg") -> None:
        self.calls[leg] = "ringing"
        self._say(leg.rings)

    def answer_leg(self, leg: "Leg") -> None:
        if self.calls.get(leg) == "ringing":
            self.calls[leg] = "talking"
            self._say(leg.answered)

    def reject_leg(self, leg: "Leg", code: int) -> None:
        if self.calls.get(leg) == "ringing":
            del self.calls[leg]
            self._say(partial(leg.rejected, code))

    def hang_up_leg(self, leg: "Leg") -> None:
        if self.calls.get(leg) == "talking":
            del self.calls[leg]
            self._say(leg.hung_up)

    def released(self, leg: "Leg") -> None:
        """The PBX has ended the leg: a CANCEL or a BYE came in."""
        self.calls.pop(leg, None)

    def _say(self, word: Callable[[], None]) -> None:
        delays = self.exchange.delays
        self.exchange.time.call_in(delays.vary(delays.phone_s), word)

    def _set_own_call(self, own_call: bool) -> None:
        before, self.own_call = self.busy, own_call
        self.exchange.tell_busy(self, before)

    def _found_dead(self) -> None:
        if not self.alive:
            self._set_known(Phone.UNREACHABLE)

    def _set_known(self, known: Phone) -> None:
        if self.known is not known:
            self.known = known
            self.exchange.tell_phone(self)
