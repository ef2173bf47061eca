"""The waiting room: short turns of music, and between them a look at the core's heartbeat."""

from math import floor

from acd.core.commands import ChangeQueue, EnterWaitingRoom
from acd.core.events import CallWaiting, CommandFailed
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.exchange import Exchange


def enter(exchange: Exchange, command: EnterWaitingRoom) -> None:
    channel = exchange.channels.get(command.call_id)
    if channel is None:
        exchange.tell(CommandFailed(command.call_id, "EnterWaitingRoom", gone=True))
        return
    if channel.room is not Room.ENTRY:
        exchange.violations.append(f"EnterWaitingRoom {command.call_id}: takes them out of {channel.room}")
    channel.queue_id, channel.joined_at, channel.priority = command.queue_id, command.joined_at, command.priority
    seat(exchange, channel)


def change_queue(exchange: Exchange, command: ChangeQueue) -> None:
    channel = exchange.channels.get(command.call_id)
    if channel is not None:
        channel.queue_id, channel.joined_at, channel.priority = command.queue_id, command.joined_at, command.priority


def seat(exchange: Exchange, channel: Channel) -> None:
    exchange.enter(channel, Room.WAITING_ROOM)
    exchange.tell(CallWaiting(channel.call_id, channel.reservation_id))
    watch(exchange, channel)


def watch(exchange: Exchange, channel: Channel) -> None:
    """While the core is not heard of, wake at the first turn at which it may count as away."""
    if exchange.core_heard_at is None:
        return
    turn_s = exchange.delays.turn_s
    stale_s = exchange.core_heard_at + exchange.delays.heartbeat_s_max - channel.entered_at
    turns = max(1, floor(stale_s / turn_s) + 1)
    _look_at(exchange, channel, channel.entered_at + turns * turn_s)


def _look_at(exchange: Exchange, channel: Channel, when: float) -> None:
    channel.stop = exchange.time.call_at(when, lambda: _look(exchange, channel))


def _look(exchange: Exchange, channel: Channel) -> None:
    if exchange.core_away:
        exchange.fall_back(channel)
    elif exchange.core_heard_at is not None:
        _look_at(exchange, channel, exchange.time.now + exchange.delays.turn_s)
