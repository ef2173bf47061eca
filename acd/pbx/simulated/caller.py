"""The person who calls: what they hear, which keys they press, when they give up."""

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from acd.core.words import Side

if TYPE_CHECKING:
    from acd.pbx.simulated.exchange import Exchange

KEY_AFTER_S = 0.5


class SimulatedCaller:
    """`keys` are pressed one at each question, `key_after_s` after it begins; "" lets a question pass.

    `heard` are the prompts in order; `agents` those whom the caller has talked to. `ended_by` is None while the
    call lasts.
    """

    def __init__(
        self, exchange: "Exchange", call_id: str, keys: Iterable[str] = (), key_after_s: float = KEY_AFTER_S
    ) -> None:
        self.exchange, self.call_id = exchange, call_id
        self.keys = deque(keys)
        self.key_after_s = key_after_s
        self.heard: list[str] = []
        self.agents: list[str] = []
        self.talking = False
        self.ended_by: Side | None = None

    @property
    def on_line(self) -> bool:
        return self.ended_by is None

    def hang_up(self) -> None:
        delays = self.exchange.delays
        self.exchange.time.call_in(delays.vary(delays.phone_s), self._bye)

    def hang_up_after(self, seconds: float) -> None:
        self.exchange.time.call_in(seconds, self.hang_up)

    def _bye(self) -> None:
        channel = self.exchange.channels.get(self.call_id)
        if channel is not None:
            self.exchange.hang_up(channel, Side.CALLER)
