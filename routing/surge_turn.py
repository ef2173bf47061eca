"""One moment of the surges: what was decided in it so far, and the figures it was decided by."""

from routing.lending import Floor
from routing.surge_words import FigureValues, SurgeDecision


class SurgeTurn:
    """Figures are asked for once a surge, and only if something is decided."""

    def __init__(self, now: float, floor: Floor) -> None:
        self.now = now
        self.decisions: list[SurgeDecision] = []
        self._floor = floor
        self._figures: dict[str, FigureValues] = {}

    def say(self, decision: SurgeDecision) -> None:
        self.decisions.append(decision)

    def figures(self, surge_id: str) -> FigureValues:
        if surge_id not in self._figures:
            self._figures[surge_id] = dict(self._floor.figures(surge_id))
        return self._figures[surge_id]
