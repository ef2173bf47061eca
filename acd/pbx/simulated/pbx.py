"""The simulated PBX: the port's commands in, events out, on virtual time; and what tests and simulations do to it."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from acd.core import commands
from acd.core.commands import Command
from acd.core.events import PbxLost, PbxState
from acd.core.words import Phone, Side
from acd.pbx.port import Post
from acd.pbx.simulated import entry, waiting_room
from acd.pbx.simulated.caller import KEY_AFTER_S, SimulatedCaller
from acd.pbx.simulated.channel import Channel, Room
from acd.pbx.simulated.delays import Delays
from acd.pbx.simulated.exchange import CAUSE_PBX_DOWN, Exchange
from acd.pbx.simulated.fallback import Fallback
from acd.pbx.simulated.phone import Manner, SimulatedPhone, rings_on
from acd.pbx.simulated.ring_room import RingRoom
from acd.pbx.simulated.virtual_time import Cancel, VirtualTime
from acd.pbx.simulated.wire import Wire


class SimulatedPbx:
    """Implements `acd.pbx.port.Pbx`. The link is down until `restore_link`, which sends the core a snapshot.

    `post` may be set anew at any time, as when a core was killed and another has taken its place. Faults on the way
    are wished for by `events.course` and `commands.course`; what callers and phones do, by themselves.
    """

    def __init__(self, time: VirtualTime, post: Post, delays: Delays | None = None) -> None:
        self.time = time
        self.post = post
        self.exchange = Exchange(time, delays or Delays())
        self.exchange.events.deliver = lambda event: self.post(event)
        self.events = self.exchange.events
        self.commands: Wire[Command] = Wire(time, self._carry_out, lambda: self._delays.vary(self._delays.link_s))
        self._delays = self.exchange.delays
        self._ring_room = RingRoom(self.exchange)
        self._fallback = Fallback(self.exchange)
        self.exchange.fall_back = self._fallback.take
        self._calls_made = 0
        self._unnoticed: Callable[[], None] | None = None
        self._cancel_notice: Cancel = lambda: None
        self._carriers: dict[type, Callable[[Any], None]] = {
            commands.PlayPrompt: lambda command: entry.play(self.exchange, command),
            commands.EnterWaitingRoom: lambda command: waiting_room.enter(self.exchange, command),
            commands.ChangeQueue: lambda command: waiting_room.change_queue(self.exchange, command),
            commands.RingAgent: self._ring_room.ring,
            commands.StopRinging: self._ring_room.stop_ringing,
            commands.HangUpCall: lambda command: entry.close(self.exchange, command),
            commands.MirrorAgent: self._mirror,
        }
        self._cut()

    # ---- the port ----

    def perform(self, command: Command) -> None:
        self.commands.send(command)

    def _carry_out(self, command: Command) -> None:
        self._carriers[type(command)](command)

    def _mirror(self, command: commands.MirrorAgent) -> None:
        if command.presence == "absent":
            self.exchange.members.pop(command.agent_id, None)
        else:
            self.exchange.members[command.agent_id] = (command.presence, command.queue_ids)

    def state(self) -> PbxState:
        """All that it holds now: what the reconciler compares with."""
        return self.exchange.state()

    # ---- people ----

    @property
    def violations(self) -> list[str]:
        return self.exchange.violations

    @property
    def channels(self) -> dict[str, Channel]:
        return self.exchange.channels

    @property
    def phones(self) -> dict[str, SimulatedPhone]:
        return self.exchange.phones

    def add_phone(self, agent_id: str, manner: Manner = rings_on) -> SimulatedPhone:
        """A phone registers; the core is told."""
        phone = self.exchange.phones[agent_id] = SimulatedPhone(self.exchange, agent_id, manner)
        self.exchange.tell_phone(phone)
        return phone

    def call_in(
        self,
        dialled: str,
        number: str = "",
        name: str = "",
        keys: Iterable[str] = (),
        key_after_s: float = KEY_AFTER_S,
    ) -> SimulatedCaller:
        """A caller dials in: their channel is in the entry from now on."""
        self._calls_made += 1
        call_id = f"{int(self.time.now)}.{self._calls_made}"
        caller = SimulatedCaller(self.exchange, call_id, keys, key_after_s)
        channel = Channel(call_id, caller, dialled, number, name, self.time.now)
        self.exchange.channels[call_id] = channel
        entry.arrive(self.exchange, channel)
        return caller

    # ---- faults ----

    def lose_link(self, noticed_after_s: float = 0.0, reason: str = "link cut") -> None:
        """All that is on its way is lost, the heartbeat stops; the core's side notices a little later."""
        self._cut()
        post = self.post
        self._unnoticed = partial(post, PbxLost(reason))
        self._cancel_notice = self.time.call_in(noticed_after_s, self._notice)

    def _notice(self) -> None:
        self._cancel_notice()
        tell, self._unnoticed = self._unnoticed, None
        if tell is not None:
            tell()

    def restore_link(self) -> None:
        """The link is up: the first thing the core hears is all that the PBX holds (and that it was away at all)."""
        self._notice()
        self.events.join()
        self.commands.join()
        self.exchange.core_heard_at = None
        self.events.send(self.exchange.synced())

    def restart(self) -> None:
        """The PBX's process dies and begins again with nothing; phones register anew. The link goes with it."""
        self.lose_link(reason="pbx restarted")
        for channel in list(self.exchange.channels.values()):
            self.exchange.hang_up(channel, Side.SYSTEM, CAUSE_PBX_DOWN)
        for phone in self.exchange.phones.values():
            phone.own_call = False
            phone.known = Phone.REACHABLE if phone.alive else Phone.UNREACHABLE

    def _cut(self) -> None:
        self.events.cut()
        self.commands.cut()
        if self.exchange.core_heard_at is None:
            self.exchange.core_heard_at = self.time.now
        for channel in self.exchange.channels.values():
            if channel.room is Room.WAITING_ROOM:
                waiting_room.watch(self.exchange, channel)
            elif channel.room is Room.ENTRY:
                entry.watch(self.exchange, channel)
