"""The ring room: the caller listens to music while one agent's phone rings, then the two talk."""

from acd.core.commands import RingAgent, StopRinging
from acd.core.events import AgentAnswered, AgentRinging, CallInAfterCall, CommandFailed, RingEnded, TalkEnded
from acd.core.words import Phone, RingEnd, Side
from acd.pbx.simulated import waiting_room
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.exchange import Exchange
from acd.pbx.simulated.leg import Leg


class RingRoom:
    """Dials for the core's reservations. A Redirect is blind: it takes a caller out of any room, so one that was
    not waiting is a violation."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def ring(self, command: RingAgent) -> None:
        exchange = self._exchange
        channel = exchange.channels.get(command.call_id)
        if channel is None:
            exchange.tell(CommandFailed(command.call_id, "RingAgent", command.reservation_id, gone=True))
            return
        if channel.room is not Room.WAITING_ROOM:
            doing = "cuts off the agent they talk to" if channel.talking else f"takes them out of {channel.room}"
            exchange.violations.append(f"RingAgent {command.reservation_id}: {doing}")
        exchange.enter(channel, Room.RING)
        channel.reservation_id, channel.agent_id = command.reservation_id, command.agent_id
        channel.answered_at, channel.rescinded = 0.0, ""
        phone = exchange.phones.get(command.agent_id)
        if phone is None or phone.known is not Phone.REACHABLE:
            delays = exchange.delays
            channel.stop = exchange.time.call_in(
                delays.vary(delays.refusal_s), lambda: self._done(channel, RingEnd.UNREACHABLE)
            )
            return
        Leg(exchange, channel, phone, self, command.reservation_id, command.ring_timeout_s)

    def stop_ringing(self, command: StopRinging) -> None:
        """First the mark that makes the PBX refuse a late answer, then the Redirect back to the waiting room.

        The caller is asked back even if they wait already: the core is owed a `CallWaiting`.
        """
        channel = self._exchange.channels.get(command.call_id)
        if channel is None:
            self._exchange.tell(CommandFailed(command.call_id, "StopRinging", command.reservation_id, gone=True))
            return
        if channel.room not in (Room.RING, Room.WAITING_ROOM):
            return
        if channel.reservation_id == command.reservation_id:
            channel.rescinded = command.reservation_id
        elif channel.room is Room.RING:
            return
        delays = self._exchange.delays
        self._exchange.time.call_in(delays.vary(delays.refusal_s), lambda: self._send_back(channel, command))

    def _send_back(self, channel: Channel, command: StopRinging) -> None:
        here = self._exchange.channels.get(channel.call_id) is channel
        ours = channel.room is Room.RING and channel.reservation_id == command.reservation_id
        if here and (ours or channel.room is Room.WAITING_ROOM):
            waiting_room.seat(self._exchange, channel)

    # ---- what becomes of the leg ----

    def leg_rings(self, leg: Leg) -> None:
        self._exchange.tell(AgentRinging(leg.channel.call_id, leg.reservation_id, leg.phone.agent_id))

    def leg_answered(self, leg: Leg) -> bool:
        channel = leg.channel
        if channel.rescinded == leg.reservation_id:
            return False
        channel.answered_at = self._exchange.time.now
        channel.caller.talking = True
        channel.caller.agents.append(leg.phone.agent_id)
        channel.caller.heard.append(f"agents/{leg.phone.agent_id}")
        self._exchange.tell(AgentAnswered(channel.call_id, leg.reservation_id, leg.phone.agent_id))
        return True

    def leg_failed(self, leg: Leg, end: RingEnd) -> None:
        self._done(leg.channel, end)

    def leg_ended(self, leg: Leg, by: Side) -> None:
        channel = leg.channel
        channel.caller.talking = False
        self._exchange.tell(TalkEnded(channel.call_id, leg.reservation_id, leg.phone.agent_id, by))
        go_to_after_call(self._exchange, channel)

    def _done(self, channel: Channel, end: RingEnd) -> None:
        self._exchange.tell(RingEnded(channel.call_id, channel.reservation_id, channel.agent_id, end))
        waiting_room.seat(self._exchange, channel)


def go_to_after_call(exchange: Exchange, channel: Channel) -> None:
    """The agent has hung up first: the PBX ends the caller's channel in its turn."""
    exchange.enter(channel, Room.AFTER_CALL)
    exchange.tell(CallInAfterCall(channel.call_id))
    delays = exchange.delays
    channel.stop = exchange.time.call_in(
        delays.vary(delays.after_call_s), lambda: exchange.hang_up(channel, Side.SYSTEM)
    )
