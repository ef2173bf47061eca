"""The faults of a script: spoilt words on the wires, and outages that strike at their moment."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd.core import commands, events
from acd.core.commands import Command
from acd.core.events import Event
from acd.simulation.script import Outage, Spoil, Trigger

SOUND = (0.0,)
Strike = Callable[[], None]

_SPOILABLE: dict[str, dict[str, type]] = {
    "events": {cls.__name__: cls for cls in vars(events).values() if isinstance(cls, type)},
    "commands": {cls.__name__: cls for cls in vars(commands).values() if isinstance(cls, type)},
}


@dataclass(slots=True)
class Armed:
    """A fault that waits for the `left`-th of what it is armed for."""

    left: int
    strike: Callable[[object], Sequence[float]]


class Faults:
    """What passes on the wires and through the engine is shown to it; it strikes when the moment has come.

    `spoilt` is told of each word that did not arrive as it was sent, with the longest delay of a copy in seconds.
    """

    def __init__(self, call_in: Callable[[float, Strike], object], spoilt: Callable[[object, float], None]) -> None:
        self.struck = 0
        self._call_in, self._spoilt = call_in, spoilt
        self._armed: dict[tuple[str, type], list[Armed]] = {}
        # By type alone, so that the common case costs one look.
        self.sent: dict[type, list[Armed]] = {}
        self.asked: dict[type, list[Armed]] = {}
        self.handled: dict[type, list[Armed]] = {}

    def arm_spoil(self, fault: Spoil) -> None:
        def strike(item: object) -> Sequence[float]:
            self.struck += 1
            self._spoilt(item, max(fault.copies, default=0.0))
            return fault.copies

        wire = self.sent if fault.wire == "events" else self.asked
        wire.setdefault(_SPOILABLE[fault.wire][fault.kind], []).append(Armed(fault.nth, strike))

    def arm_outage(self, fault: Outage, strike: Strike) -> None:
        """`strike` is called at the fault's moment; at once if it waits for nothing. Never in the middle of a word,
        except for what waits until the engine has handled an event."""
        on = fault.on
        if on is None:
            strike()
            return
        trigger: Trigger = on

        def strike_then(item: object) -> Sequence[float]:
            if trigger.when == "handled":
                strike()
            else:
                self._call_in(trigger.after_s, strike)
            return SOUND

        where = {"sent": self.sent, "asked": self.asked, "handled": self.handled}[trigger.when]
        kinds = _SPOILABLE["commands" if trigger.when == "asked" else "events"]
        where.setdefault(kinds[trigger.kind], []).append(Armed(trigger.nth, strike_then))

    def show(self, table: dict[type, list[Armed]], item: Event | Command) -> Sequence[float]:
        """Let every fault that is armed for such an item count it; returns the item's course on the wire."""
        course: Sequence[float] = SOUND
        kind = type(item)
        still = []
        for armed in table[kind]:
            armed.left -= 1
            if armed.left > 0:
                still.append(armed)
                continue
            said = armed.strike(item)
            if said != SOUND:
                course = said
        if still:
            table[kind] = still
        else:
            del table[kind]
        return course
