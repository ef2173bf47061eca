"""The estimated wait of a caller (EWT), and how far it can be trusted.

    EWT = infinite, if nobody is there to answer
          0, if more agents are ready than callers are ahead
          AHT x callers to be served / agents' share, discounted for those ahead who will give up

*Callers to be served* are those ahead who find no ready agent, and the caller: with every agent busy even the first in
line waits for one to finish, on average AHT / agents. (W. Whitt, "Predicting queueing delays", Management Science 45,
1999: with k ahead and all s agents busy the wait is (k + 1) / (s mu) on average.)

*Agents' share.* An agent who serves several queues counts for each by its demand, demand of the queue / demand of all
queues they serve. Demand is the work that waits, by the queue's weight: AHT x callers x weight. That is how agents
divide themselves who take the call with the highest weight x wait: it keeps weight x wait alike over the queues (L.
Kleinrock, "A delay dependent queue discipline", Naval Research Logistics Quarterly 11, 1964), calls come as fast as
they are answered, and callers = arrivals x wait (Little's law), so the work done for a queue, arrivals x AHT, is as
callers x AHT x weight. Priorities that do not grow with the wait are not seen by it.

*Discount.* Those ahead give up at a rate theta for each second that they wait, so the line shrinks faster than agents
answer. With n to be served at r = share / AHT a second, the wait is the sum of 1 / (r + i theta) for i from 0 to n - 1,
about ln(1 + n theta / r) / theta. Without give-ups that is n / r. (R. Ibrahim and W. Whitt, "Real-time delay estimation
in overloaded multiserver queues with abandonments", Management Science 55, 2009: the estimator QL_m.)

The estimate changes by events only: of the line, of the agents, of calls that end.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, inf, log1p

# The configured start counts as so many calls.
START_CALLS = 10
# An estimate that has lost trust regains it when its error is down to this part of the bound, so as not to flicker.
REGAINED_AT = 0.8
SHORT_S = 60.0
# Before so many callers are scored nothing is known of the error.
SCORED_MIN = 20


@dataclass(frozen=True, slots=True)
class EstimateSettings:
    """How a queue's wait is estimated.

    `aht_start_s` is taken until calls show better; AHT and the rate of give-ups are those of about the last
    `recent_calls`. The estimate is trusted while its error, over the last `scored_calls` callers who had to wait, is
    at most `error_max` (0.5: half as long again as it was, or half as long).
    """

    aht_start_s: float = 180.0
    recent_calls: int = 200
    scored_calls: int = 100
    error_max: float = 0.5


def agents_share(queue_id: str, agents: Iterable[tuple[Iterable[str], int]], demand: Mapping[str, float]) -> float:
    """How many agents a queue can count on.

    `agents` are those at work (ready, or busy with a call and what follows it), counted by the queues they serve;
    `demand` is each queue's waiting work, AHT x callers x weight, that of `queue_id` with the caller whose wait is
    estimated. Raises ValueError if it has none.
    """
    own = demand.get(queue_id, 0.0)
    if own <= 0.0:
        raise ValueError(f"the demand of {queue_id} is {own}: count the caller whose wait is estimated")
    every = ((frozenset(served), number) for served, number in agents)
    return sum(
        number * own / sum(demand.get(other, 0.0) for other in served) for served, number in every if queue_id in served
    )


class Estimate:
    """The estimated wait of one queue, from its recent calls; and its score, from what became of it."""

    def __init__(self, settings: EstimateSettings) -> None:
        self.settings = settings
        self.score = Score(settings.scored_calls, settings.error_max)
        self.aht_s = settings.aht_start_s
        self._handled = float(START_CALLS)
        self._given_up = 0.0
        self._waited_s = 0.0

    @property
    def trusted(self) -> bool:
        """Whether it may be announced."""
        return self.score.trusted

    def handled(self, handle_s: float) -> None:
        """An agent has finished a call: talk, hold and wrap-up, in seconds."""
        # As long as there are few, each counts the same; later older ones fade, so that about `recent_calls` count.
        self._handled = min(self._handled + 1.0, self._recent)
        self.aht_s += (handle_s - self.aht_s) / self._handled

    def waited(self, wait_s: float, *, gave_up: bool) -> None:
        """A caller's wait has ended, by an answer or by giving up."""
        # Give-ups over time waited: the likeliest rate where some are answered before they would have given up.
        fade = 1.0 - 1.0 / self._recent
        self._given_up = self._given_up * fade + gave_up
        self._waited_s = self._waited_s * fade + wait_s

    @property
    def give_up_rate(self) -> float:
        """Callers who give up, for each second that a caller waits."""
        return self._given_up / self._waited_s if self._waited_s > 0.0 else 0.0

    def wait_s(self, ahead: int, ready: int, share: float) -> float:
        """The wait of a caller with `ahead` callers before them; `ready` agents of the queue could be rung now, and
        `share` of agents work for it. Seconds until the answer, from now; infinite if nobody is there to answer."""
        if ready > ahead:
            return 0.0
        if share <= 0.0:
            return inf
        served_s = self.aht_s * (ahead + 1 - ready) / share
        given_up = served_s * self.give_up_rate
        return served_s * (log1p(given_up) / given_up) if given_up > 0.0 else served_s

    @property
    def _recent(self) -> float:
        """What an exponential average must weigh a call with, to be as steady as a plain one of `recent_calls`."""
        return max((self.settings.recent_calls + 1.0) / 2.0, 1.0)


class Score:
    """Predicted waits beside actual ones, over the last `calls` callers who had to wait and were answered.

    A prediction of 0 or without end is not scored: neither is announced. Who gave up is not scored: how long they
    would have waited nobody knows.

    `error` is by how much the predictions lie beside the waits, as a part of the wait: at the median or at p90,
    whichever is more. One caller's wait is chance even to a perfect estimate, that of many is not. Waits shorter than
    `SHORT_S` count as that long: no announcement is finer.
    """

    def __init__(self, calls: int, error_max: float) -> None:
        self.trusted = True
        self._error_max = error_max
        self._calls = calls
        self._pairs: deque[tuple[float, float]] = deque()
        self._predicted: list[float] = []
        self._actual: list[float] = []
        self._off: list[float] = []
        self._ratio: list[float] = []

    def add(self, predicted_s: float, actual_s: float) -> None:
        """A caller was answered `actual_s` after `predicted_s` had been the estimate for them."""
        if not 0.0 < predicted_s < inf:
            return
        if len(self._pairs) == self._calls:
            self._drop()
        self._pairs.append((predicted_s, actual_s))
        for values, value in self._kept(predicted_s, actual_s):
            insort(values, value)
        self._judge()

    def _drop(self) -> None:
        for values, value in self._kept(*self._pairs.popleft()):
            del values[bisect_left(values, value)]

    def _kept(self, predicted_s: float, actual_s: float) -> tuple[tuple[list[float], float], ...]:
        return (
            (self._predicted, predicted_s),
            (self._actual, actual_s),
            (self._off, abs(predicted_s - actual_s)),
            (self._ratio, actual_s / predicted_s),
        )

    def _judge(self) -> None:
        if len(self._pairs) < min(SCORED_MIN, self._calls):
            return
        limit = self._error_max if self.trusted else self._error_max * REGAINED_AT
        self.trusted = self.error <= limit

    def __len__(self) -> int:
        """How many are scored."""
        return len(self._pairs)

    def predicted_s(self, quantile: float) -> float:
        """0 if nobody is scored, as for the others."""
        return _quantile(self._predicted, quantile)

    def actual_s(self, quantile: float) -> float:
        return _quantile(self._actual, quantile)

    def off_s(self, quantile: float) -> float:
        """How far predictions were off, in either direction."""
        return _quantile(self._off, quantile)

    @property
    def error(self) -> float:
        return max(
            abs(self.predicted_s(quantile) - self.actual_s(quantile)) / max(self.actual_s(quantile), SHORT_S)
            for quantile in (0.5, 0.9)
        )

    def spread(self) -> tuple[float, float]:
        """Of ten waits eight were between these multiples of what was predicted; a cautious guess before that is
        known."""
        if len(self._pairs) < min(SCORED_MIN, self._calls):
            return (0.7, 1.5)
        return (_quantile(self._ratio, 0.1), _quantile(self._ratio, 0.9))


def _quantile(ordered: list[float], quantile: float) -> float:
    """The smallest value that so large a part of them does not exceed."""
    return ordered[max(ceil(quantile * len(ordered)) - 1, 0)] if ordered else 0.0


# ---- announcing ----

# Between these whole minutes waits are announced: finer where a caller notices. Longer than the last is "over an hour".
STEPS_MIN = (0, 1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)


@dataclass(frozen=True, slots=True)
class WaitRange:
    """From `low_min` to `high_min` minutes; an infinite end: longer than `low_min`."""

    low_min: float
    high_min: float


class Announced:
    """What one caller has been told of the wait: each range lies no later than the last and is no wider."""

    def __init__(self) -> None:
        self.last: WaitRange | None = None

    def update(self, wait_s: float, spread: tuple[float, float], *, trusted: bool = True) -> WaitRange | None:
        """The range to tell now; None if nothing should be said: nobody can tell, or the estimate is not trusted.

        `wait_s` is the estimate and `spread` the multiples of it that waits lie between.
        """
        if not trusted or wait_s == inf:
            return None
        found = _range(wait_s * spread[0], wait_s * spread[1])
        if self.last is None:
            self.last = found
        elif found.high_min < self.last.high_min:
            self.last = _within(found, self.last)
        return self.last


def _within(found: WaitRange, last: WaitRange) -> WaitRange:
    """`found` ends sooner than `last`: begin it no later than `last` began, nor so early that it is wider."""
    earliest = found.high_min - (last.high_min - last.low_min)
    return WaitRange(min(max(found.low_min, earliest), last.low_min), found.high_min)


def _range(low_s: float, high_s: float) -> WaitRange:
    """The steps around it."""
    low = max(step for step in STEPS_MIN if step == 0 or step * 60 <= low_s)
    high = min((step for step in STEPS_MIN if step > low and step * 60 >= high_s), default=inf)
    return WaitRange(low, high)
