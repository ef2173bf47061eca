"""What a choice was and why: every choice explains itself to the person who asks later."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Decision:
    """The agent chosen for a call (None: nobody), with the reason.

    `rule` names the rule that decided; `figure` is what it compared (seconds idle for `longest_idle`).
    `runners_up` are the next best with their figures, a few of them, so that a decision costs the same among
    ten thousand agents as among ten. `eligible` counts all who could have been chosen; `passed_over` counts
    the queue's other agents by what kept them out.
    """

    agent_id: str | None
    rule: str
    figure: float = 0.0
    eligible: int = 0
    runners_up: tuple[tuple[str, float], ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        """One line of English, for `hotline show` and the log."""
        others = ", ".join(f"{n} {why}" for why, n in sorted(self.passed_over.items()) if n)
        tail = f"; passed over: {others}" if others else ""
        if self.agent_id is None:
            return f"nobody eligible ({self.rule}){tail}"
        behind = ", ".join(f"{agent} {figure:.1f} s" for agent, figure in self.runners_up)
        return (
            f"{self.agent_id} by {self.rule}: idle {self.figure:.1f} s, first of {self.eligible} eligible"
            + (f" (next {behind})" if behind else "")
            + tail
        )
