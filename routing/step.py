"""What changes for a call as its wait grows."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Step:
    """Taken when the call has waited `after_s` in its queue; what it changes stays changed in this queue.

    `lower` gives skills the level that is asked for from then on (0: it is asked for no more), `groups` lets more
    groups answer, `priority` adds to the call's (a point is worth a minute of waiting). `overflow_to` names the
    queue that the call goes on to, its place by all that it has waited.
    """

    after_s: float
    lower: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    priority: int = 0
    overflow_to: str = ""

    def __str__(self) -> str:
        parts = [f"{skill} {level}" if level else f"no {skill}" for skill, level in sorted(self.lower.items())]
        if self.groups:
            parts.append("also " + ", ".join(self.groups))
        if self.priority:
            parts.append(f"priority {self.priority:+d}")
        if self.overflow_to:
            parts.append(f"on to {self.overflow_to}")
        return f"after {self.after_s:g} s: " + ", ".join(parts)
