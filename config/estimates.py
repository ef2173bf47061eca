"""How waits are estimated, as it is written in YAML."""

from pydantic import Field

from config.durations import Duration
from config.schema import Part
from routing.estimate import EstimateSettings


class EstimatePart(Part):
    """The estimated wait, and when it is no longer announced."""

    aht_start: Duration = 180.0
    """How long a call takes, work after it included, until calls have shown it; such as 3m."""
    recent_calls: int = Field(200, ge=10, le=10_000)
    """About so many of the last calls say how long a call takes, and how soon callers give up."""
    scored_calls: int = Field(100, ge=20, le=10_000)
    """Estimates are judged by so many of the last callers who had to wait."""
    error_max: float = Field(0.5, gt=0, le=10)
    """With a larger error nothing is announced until it is smaller again. 0.5: half as long again as it was, or half
    as long, at the median or at p90."""


def estimate_settings(part: EstimatePart) -> EstimateSettings:
    return EstimateSettings(part.aht_start, part.recent_calls, part.scored_calls, part.error_max)
