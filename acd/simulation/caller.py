"""A simulated caller who keeps a log of what they lived through, for comparison with the records."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from acd.core.words import Side
from acd.pbx.simulated.caller import SimulatedCaller
from acd.pbx.simulated.channel import Channel
from acd.simulation.script import CallIn

if TYPE_CHECKING:
    from acd.pbx.simulated.exchange import Exchange

NOBODY_ENDS_S = 60.0
KEY_AFTER_S = 0.4


@dataclass(slots=True)
class Talk:
    """One agent talked to the caller; `ended_at` 0 while they talk. `by_fallback`: the PBX's own queue connected."""

    agent_id: str
    began_at: float
    by_fallback: bool
    ended_at: float = 0.0


class LoggedCaller(SimulatedCaller):
    """Times are UTC seconds, 0 for what never happened. `waits_at`: first in the waiting room or the fallback."""

    def __init__(self, exchange: "Exchange", call_id: str, item: CallIn, on_talk: "OnTalk") -> None:
        self.talks: list[Talk] = []
        self.ended_at = 0.0
        self._talking = False
        self._ended_by: Side | None = None
        self._on_talk = on_talk
        self.item = item
        self.arrived_at = exchange.time.now
        self.waits_at = 0.0
        self.fell_back = False
        super().__init__(exchange, call_id, (), KEY_AFTER_S)
        self.keys = deque("" if key == "-" else key for key in item.keys)
        if item.patience_s:
            exchange.time.call_in(item.patience_s, self._lose_patience)

    @property
    def channel(self) -> Channel | None:
        return self.exchange.channels.get(self.call_id)

    # The PBX says by these two what happens to the caller; the log is written by listening to it.

    @property
    def talking(self) -> bool:
        return self._talking

    @talking.setter
    def talking(self, talking: bool) -> None:
        if talking != self._talking:
            self._talking = talking
            if talking:
                self._begin_talk()
            else:
                self.talks[-1].ended_at = self.exchange.time.now
                self._on_talk(self, self.talks[-1])
        elif talking:
            # A second agent while the first still talks: the log shows both, and the checks see it.
            self._begin_talk()

    @property
    def ended_by(self) -> Side | None:
        return self._ended_by

    @ended_by.setter
    def ended_by(self, side: Side | None) -> None:
        self._ended_by = side
        if side is not None:
            self.ended_at = self.exchange.time.now

    def begin_wait(self, fell_back: bool = False) -> None:
        self.waits_at = self.waits_at or self.exchange.time.now
        self.fell_back = self.fell_back or fell_back

    def _begin_talk(self) -> None:
        channel, time = self.exchange.channels[self.call_id], self.exchange.time
        leg = channel.leg
        assert leg is not None, "who talks has an agent's leg"
        talk = Talk(leg.phone.agent_id, time.now, by_fallback=not leg.reservation_id)
        self.talks.append(talk)
        item = self.item
        if item.ends != "caller":
            time.call_in(item.talk_s, partial(leg.phone.hang_up_leg, leg))
        self.hang_up_after(item.talk_s + (NOBODY_ENDS_S if item.ends == "agent" else 0.0))
        self._on_talk(self, talk)

    def _lose_patience(self) -> None:
        if self._ended_by is None and not self._talking:
            self.hang_up()


OnTalk = Callable[[LoggedCaller, Talk], None]
"""Called when a talk begins (`ended_at` 0) and when it has ended."""
