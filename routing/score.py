"""The choice of a call: of all that an agent could take, the one with the highest score comes first.

    score = minutes waited * weight of the queue + priority

Two calls of one weight never change places by waiting, so they stand in one line by `place_of`, and only the heads of
lines are compared. A call may be overtaken by such as joined later and have more priority or weight, but not for ever:
once it has waited for `overtaken_s_max` it is overdue, and overdue calls come before all others in the order in which
they joined.
"""

from dataclasses import dataclass

from routing.line import Key

OVERTAKEN_S_MAX = 600.0


@dataclass(frozen=True, slots=True)
class Claim:
    """What a waiting call's turn goes by. `joined_at` is when it first began to wait; `weight` is above 0."""

    call_id: str
    joined_at: float
    priority: float = 0.0
    weight: float = 1.0

    def score(self, now: float) -> float:
        return self.weight * (now - self.joined_at) / 60.0 + self.priority


def place_of(claim: Claim) -> Key:
    """The key of the call in the line of its weight: as if it had joined as much earlier as its priority is worth. In a
    tie who joined first comes first, then the lower id."""
    return (claim.joined_at - 60.0 * claim.priority / claim.weight, claim.joined_at, claim.call_id)


def overdue_place_of(claim: Claim) -> Key:
    """Among overdue calls nothing counts but who joined first."""
    return (claim.joined_at, claim.call_id)
