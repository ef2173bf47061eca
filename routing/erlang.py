"""What queueing theory says of a queue with `agents` equal agents: the formulas of Erlang and Palm.

Calls arrive at random (Poisson) and are answered first come, first served; talk and wrap-up together last `aht_s` on
average, exponentially distributed. `erlang_b` lets nobody wait, in `ErlangC` callers wait for as long as it takes, in
`ErlangA` they give up after an exponential patience. All figures are those of a queue that has settled, for the calls
of all time: "every call" counts those answered at once as well.

The load is in erlangs: the talks that would go on at once if nobody ever waited, calls a second times `aht_s`.

Sources: A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges" (1917), for B and C. C. Palm, "Research on telephone traffic carried by full availability groups" (Tele,
1957) for A, in the notation of A. Mandelbaum and S. Zeltyn, "Service engineering in action: the Palm/Erlang-A queue"
(2007); see also O. Garnett, A. Mandelbaum and M. Reiman, "Designing a call center with impatient customers"
(Manufacturing & Service Operations Management 4, 2002).
"""

from dataclasses import dataclass
from functools import cached_property
from math import exp, expm1, inf, isfinite, log

# Where a growing sum is scaled down, far from the largest float; and how little a last term may add to it.
_HUGE = 1e250
_NEGLIGIBLE = 1e-17


def offered_load(calls: float, interval_s: float, aht_s: float) -> float:
    """Erlangs that `calls` in `interval_s` bring."""
    return calls * aht_s / interval_s


def erlang_b(load_erlangs: float, agents: int) -> float:
    """The share of calls that find every agent busy, if nobody may wait. Erlang 1917.

    By recursion over the agents, which neither overflows nor cancels however many there are. Raises ValueError for
    a negative load or number of agents.
    """
    _check(load_erlangs, agents, agents_min=0)
    blocked = 1.0
    for busy in range(1, agents + 1):
        blocked = load_erlangs * blocked / (busy + load_erlangs * blocked)
    return blocked


@dataclass(frozen=True)
class ErlangC:
    """M/M/c: callers wait for as long as it takes. With a load that the agents can't carry the line grows for ever:
    everybody waits, and endlessly. Raises ValueError for a negative load, no agents, or an AHT that is not positive."""

    load_erlangs: float
    agents: int
    aht_s: float

    def __post_init__(self) -> None:
        _check(self.load_erlangs, self.agents, agents_min=1)
        _check_seconds("aht_s", self.aht_s)

    @property
    def stable(self) -> bool:
        return self.load_erlangs < self.agents

    @cached_property
    def wait_probability(self) -> float:
        """The share of calls that are not answered at once: Erlang's second formula."""
        if not self.stable:
            return 1.0
        blocked = erlang_b(self.load_erlangs, self.agents)
        return blocked / (1.0 - self.load_erlangs / self.agents * (1.0 - blocked))

    @property
    def asa_s(self) -> float:
        """The average speed of answer: seconds that a call waits, over every call."""
        if not self.stable:
            return inf
        return self.wait_probability * self.aht_s / (self.agents - self.load_erlangs)

    def wait_above(self, seconds: float) -> float:
        """The share of every call that waits for longer."""
        if not self.stable:
            return 1.0
        return self.wait_probability * exp(-(self.agents - self.load_erlangs) * seconds / self.aht_s)

    def service_level(self, threshold_s: float) -> float:
        """The share of every call that is answered within the threshold."""
        return 1.0 - self.wait_above(threshold_s)

    @property
    def abandon_share(self) -> float:
        return 0.0

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy."""
        return min(1.0, self.load_erlangs / self.agents)


@dataclass(frozen=True)
class ErlangA:
    """M/M/c+M: each caller gives up after a patience that is exponentially distributed, `patience_s` on average.

    Stable under any load. The first figure asked for costs a sum of about (load - agents) * patience_s / aht_s terms
    if the load exceeds the agents, and some dozens to thousands otherwise. Raises ValueError as ErlangC does, and for
    a patience that is not positive and finite.
    """

    load_erlangs: float
    agents: int
    aht_s: float
    patience_s: float

    def __post_init__(self) -> None:
        _check(self.load_erlangs, self.agents, agents_min=1)
        _check_seconds("aht_s", self.aht_s)
        _check_seconds("patience_s", self.patience_s)

    @cached_property
    def wait_probability(self) -> float:
        """The share of calls that are not answered at once. Palm: A B / (1 + (A - 1) B), with Erlang's B."""
        blocked = erlang_b(self.load_erlangs, self.agents)
        if blocked == 0.0:
            return 0.0
        return 1.0 / (1.0 + (1.0 - blocked) / blocked * exp(-self._all.log_a))

    @cached_property
    def abandon_share(self) -> float:
        """The share of every call whose caller gives up."""
        return self.wait_probability * self._all.given_up

    @cached_property
    def asa_s(self) -> float:
        """The average speed of answer: seconds that a call waits, over those answered."""
        return self.wait_probability * self._all.answered_wait * self.patience_s / (1.0 - self.abandon_share)

    @property
    def occupancy(self) -> float:
        """The share of their time that agents are busy."""
        return self.load_erlangs * (1.0 - self.abandon_share) / self.agents

    def wait_above(self, seconds: float) -> float:
        """The share of every call that waits for longer, whether it is answered then or given up."""
        return self._offered_wait_above(seconds) * exp(-seconds / self.patience_s)

    def answered_after(self, seconds: float) -> float:
        """The share of every call that is answered after a longer wait (0: after any wait)."""
        still = exp(-seconds / self.patience_s)
        return self._offered_wait_above(seconds) * self._x * still * self._palm(seconds).s_over_a

    def service_level(self, threshold_s: float) -> float:
        """The share of every call that is answered within the threshold.

        This is the formula by which whoever gave up within the threshold counts against it.
        """
        return max(0.0, 1.0 - self.abandon_share - self.answered_after(threshold_s))

    def _offered_wait_above(self, seconds: float) -> float:
        """The share of calls that would wait for longer had they endless patience, among callers who have not."""
        # The density of that wait at v is proportional to exp(y (1 - e^(-v / patience)) - x v / patience): Palm's
        # integral from `seconds` on is the whole one with a load that has shrunk by e^(-seconds / patience).
        passed = seconds / self.patience_s
        weight = -self._y * expm1(-passed) - self._x * passed
        return self.wait_probability * exp(weight + self._palm(seconds).log_a - self._all.log_a)

    @property
    def _x(self) -> float:
        """Answers a second with all agents busy, in units of 1 / patience."""
        return self.agents * self.patience_s / self.aht_s

    @property
    def _y(self) -> float:
        """Arrivals a second, in the same units."""
        return self.load_erlangs * self.patience_s / self.aht_s

    @cached_property
    def _all(self) -> "_Palm":
        return _sum_palm(self._x, self._y)

    def _palm(self, seconds: float) -> "_Palm":
        return self._all if seconds == 0.0 else _sum_palm(self._x, self._y * exp(-seconds / self.patience_s))


@dataclass(frozen=True, slots=True)
class _Palm:
    """Palm's sum A(x, y) and what goes with it, by the number k of callers whom one who must wait finds in line.

    T_k = y^k / ((x + 1) ... (x + k)) is proportional to the time with k in line, and A = sum T_k. Whoever joins then
    is answered in the end with probability x / (x + k + 1), after 1 / (x + 1) + ... + 1 / (x + k + 1) patiences on
    average. `s_over_a` is sum T_k / (x + k + 1) over A, so that x times it is the share answered of those who wait;
    `given_up` the share that is not; `answered_wait` what those answered wait, in patiences, over all who wait.
    """

    log_a: float
    s_over_a: float
    given_up: float
    answered_wait: float


def _sum_palm(x: float, y: float) -> _Palm:
    # Terms of one sign, so that nothing cancels; scaled down in time, so that nothing overflows.
    term, log_scale, k, steps = 1.0, 0.0, 0, 0.0
    a = s = given_up = wait = 0.0
    while True:
        k += 1
        here = term / (x + k)
        steps += 1.0 / (x + k)
        a += term
        s += here
        given_up += k * here
        wait += here * steps
        ratio = y / (x + k)
        # Beyond here the terms fall faster than a geometric series with this ratio. `steps` grows too, yet slower.
        if ratio < 1.0 and term * ratio <= _NEGLIGIBLE * a * (1.0 - ratio):
            return _Palm(log(a) + log_scale, s / a, given_up / a, x * wait / a)
        term *= ratio
        if term > _HUGE:
            term, a, s, given_up, wait = (total / _HUGE for total in (term, a, s, given_up, wait))
            log_scale += log(_HUGE)


def _check(load_erlangs: float, agents: int, agents_min: int) -> None:
    if not (isfinite(load_erlangs) and load_erlangs >= 0.0):
        raise ValueError(f"load_erlangs is {load_erlangs}: give a finite load of at least 0 erlangs")
    if agents < agents_min:
        raise ValueError(f"agents is {agents}: the formula needs at least {agents_min}")


def _check_seconds(name: str, seconds: float) -> None:
    if not (isfinite(seconds) and seconds > 0.0):
        raise ValueError(f"{name} is {seconds}: give a finite number of seconds above 0")
