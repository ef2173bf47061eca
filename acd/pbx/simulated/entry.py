"""The entry: the call is answered and the core says what the caller hears; without the core the fallback takes over."""

from functools import partial

from acd.core.commands import HangUpCall, PlayPrompt
from acd.core.events import CallArrived, CommandFailed, PromptEnded
from acd.core.words import Side
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.exchange import Exchange


def arrive(exchange: Exchange, channel: Channel) -> None:
    exchange.enter(channel, Room.ENTRY)
    if exchange.core_away:
        exchange.fall_back(channel)
        return
    exchange.tell(CallArrived(channel.call_id, channel.dialled, channel.number, channel.name))
    watch(exchange, channel)


def watch(exchange: Exchange, channel: Channel) -> None:
    """The guard that the core rolls on as long as it lives; it goes off in the middle of a prompt too."""
    if exchange.core_heard_at is None:
        return
    due = max(exchange.core_heard_at, channel.entered_at) + exchange.delays.ivr_guard_s
    exchange.time.call_at(due, lambda: _guard(exchange, channel))


def _guard(exchange: Exchange, channel: Channel) -> None:
    lives = exchange.channels.get(channel.call_id) is channel
    if lives and channel.room is Room.ENTRY and exchange.core_heard_at is not None:
        exchange.fall_back(channel)


def play(exchange: Exchange, command: PlayPrompt) -> None:
    """Play, listen for keys, tell. The caller presses a key while it plays, or lets it pass."""
    channel = exchange.channels.get(command.call_id)
    if channel is None:
        exchange.tell(CommandFailed(command.call_id, "PlayPrompt", gone=True))
        return
    if channel.room is not Room.ENTRY:
        exchange.violations.append(f"PlayPrompt {command.call_id}: they are in {channel.room}")
        return
    exchange.leave(channel)
    playable = [prompt for prompt in command.prompts if prompt not in exchange.unplayable]
    if not playable:
        exchange.tell(PromptEnded(command.call_id, command.step, failed=True))
        return
    caller = channel.caller
    lengths = [exchange.prompt_s.get(prompt, exchange.delays.prompt_s) for prompt in playable]
    length_s = sum(lengths)
    keys = caller.keys.popleft() if command.digits_max and caller.keys else ""
    if command.digits_max:
        length_s = caller.key_after_s if keys else length_s + command.first_timeout_s
    began_s = 0.0
    for prompt, prompt_s in zip(playable, lengths, strict=True):
        # A key ends them all: what has not begun by then is never heard.
        if began_s < length_s:
            caller.heard.append(prompt)
        began_s += prompt_s
    ended = PromptEnded(command.call_id, command.step, keys[: command.digits_max])
    channel.stop = exchange.time.call_in(length_s, partial(_ended, exchange, channel, ended))


def _ended(exchange: Exchange, channel: Channel, event: PromptEnded) -> None:
    channel.stop = None
    exchange.tell(event)


def close(exchange: Exchange, command: HangUpCall) -> None:
    """The end, after a last word if there is one; the caller may hang up during it."""
    channel = exchange.channels.get(command.call_id)
    if channel is None:
        exchange.tell(CommandFailed(command.call_id, "HangUpCall", gone=True))
    elif not command.prompt or command.prompt in exchange.unplayable:
        exchange.hang_up(channel, Side.SYSTEM)
    else:
        exchange.enter(channel, Room.CLOSING)
        channel.caller.heard.append(command.prompt)
        length_s = exchange.prompt_s.get(command.prompt, exchange.delays.closing_s)
        channel.stop = exchange.time.call_in(length_s, lambda: exchange.hang_up(channel, Side.SYSTEM))
