"""The fallback: the PBX's own queue over the same phones, for when the core is away.

It rings one member at a time for the caller who joined first, among those the core last said were ready. A caller
whose turn is over goes back to the waiting room if the core is heard again.
"""

from acd.core.events import CallInFallback, FallbackAnswered, FallbackEnded
from acd.core.words import Phone, RingEnd, Side
from acd.pbx.simulated import entry, waiting_room
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.exchange import Exchange
from acd.pbx.simulated.leg import Leg
from acd.pbx.simulated.phone import SimulatedPhone
from acd.pbx.simulated.ring_room import go_to_after_call

READY = "ready"


class Fallback:
    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._line: list[Channel] = []
        self._last_rung: dict[str, float] = {}
        self._retrying = False

    def take(self, channel: Channel) -> None:
        exchange = self._exchange
        exchange.enter(channel, Room.FALLBACK)
        channel.joined_at = channel.joined_at or exchange.time.now
        exchange.tell(CallInFallback(channel.call_id))
        self._line.append(channel)
        self._line.sort(key=lambda waiting: (waiting.joined_at, waiting.call_id))
        self._begin_turn(channel)
        self._ring_members()

    def _begin_turn(self, channel: Channel) -> None:
        exchange = self._exchange
        channel.stop = exchange.time.call_in(exchange.delays.fallback_turn_s, lambda: self._turn_over(channel))

    def _turn_over(self, channel: Channel) -> None:
        exchange = self._exchange
        if exchange.core_heard_at is not None or channel.leg is not None:
            # A ring once begun is not cut by the end of the caller's turn.
            self._begin_turn(channel)
            return
        if channel.queue_id:
            waiting_room.seat(exchange, channel)
        else:
            entry.arrive(exchange, channel)

    def _ring_members(self) -> None:
        self._line = [channel for channel in self._line if self._waits(channel)]
        for channel in self._line:
            if channel.leg is None and (phone := self._choose(channel)) is not None:
                self._last_rung[phone.agent_id] = self._exchange.time.now
                Leg(self._exchange, channel, phone, self, "", self._exchange.delays.fallback_ring_s)
        if self._line and not self._retrying:
            self._retrying = True
            self._exchange.time.call_in(self._exchange.delays.fallback_retry_s, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self._ring_members()

    def _waits(self, channel: Channel) -> bool:
        here = self._exchange.channels.get(channel.call_id) is channel
        return here and channel.room is Room.FALLBACK and not channel.talking

    def _choose(self, channel: Channel) -> SimulatedPhone | None:
        """The ready member rung longest ago; a caller without a queue has any member."""
        free = [
            (self._last_rung.get(agent_id, 0.0), agent_id)
            for agent_id, (presence, queue_ids) in self._exchange.members.items()
            if presence == READY and (not channel.queue_id or channel.queue_id in queue_ids)
            and (phone := self._exchange.phones.get(agent_id)) is not None
            and phone.known is Phone.REACHABLE and not phone.busy
        ]  # fmt: skip
        return self._exchange.phones[min(free)[1]] if free else None

    # ---- what becomes of the leg ----

    def leg_rings(self, leg: Leg) -> None:
        pass

    def leg_answered(self, leg: Leg) -> bool:
        channel = leg.channel
        if channel.stop is not None:
            channel.stop()
            channel.stop = None
        channel.agent_id, channel.answered_at = leg.phone.agent_id, self._exchange.time.now
        channel.reservation_id = ""  # of a ring long over
        channel.caller.talking = True
        channel.caller.agents.append(leg.phone.agent_id)
        self._exchange.tell(FallbackAnswered(channel.call_id, leg.phone.agent_id))
        return True

    def leg_failed(self, leg: Leg, end: RingEnd) -> None:
        """The next member is rung at the next retry."""

    def leg_ended(self, leg: Leg, by: Side) -> None:
        self._exchange.tell(FallbackEnded(leg.channel.call_id))
        go_to_after_call(self._exchange, leg.channel)
