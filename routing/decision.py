"""What a choice was and why: every choice explains itself to the person who asks later."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.strategy import FIGURES


@dataclass(frozen=True, slots=True)
class Decision:
    """The agent chosen for a call (None: nobody), with the reason.

    `rule` names the strategy that decided; `figure` is what it compared, in the unit of `routing.strategy.FIGURES`
    (seconds idle for `longest_idle`). `runners_up` are the next best with their figures, a few of them, so that a
    decision costs the same among ten thousand agents as among ten. `eligible` counts all who could have been chosen;
    `passed_over` counts the others who have what was `asked`, by what kept them out.
    """

    agent_id: str | None
    rule: str
    figure: float = 0.0
    eligible: int = 0
    runners_up: tuple[tuple[str, float], ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    asked: str = ""

    def __str__(self) -> str:
        """One line of English, for `hotline show` and the log."""
        others = ", ".join(f"{n} {why}" for why, n in sorted(self.passed_over.items()) if n)
        tail = (f"; asked: {self.asked}" if self.asked else "") + (f"; passed over: {others}" if others else "")
        if self.agent_id is None:
            return f"nobody eligible ({self.rule}){tail}"
        text = FIGURES[self.rule][1]
        behind = ", ".join(f"{agent} {text.format(figure)}" for agent, figure in self.runners_up)
        return (
            f"{self.agent_id} by {self.rule}: {text.format(self.figure)}, first of {self.eligible} eligible"
            + (f" (next {behind})" if behind else "")
            + tail
        )
