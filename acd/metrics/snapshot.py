"""Gauges read from the running switch at the moment of a scrape."""

from collections import Counter
from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from acd.core.agent import AgentState
from acd.core.view import SwitchView
from acd.core.words import Phone
from acd.health import Health

# What a logged-in agent can count as: eligible, a state that keeps them from a call, or what ails the phone.
NOBODY: dict[str, int] = dict.fromkeys(
    ["eligible", "not_ready", "reserved", "on_call", "wrap_up", "phone_unreachable", "phone_unknown", "phone_busy"], 0
)


class Snapshot(Collector):
    """Asks the switch for its view and its health once a scrape; costs nothing between scrapes."""

    def __init__(self, view: Callable[[], SwitchView], health: Callable[[], Health]) -> None:
        self._view = view
        self._health = health

    def describe(self) -> Iterable[Metric]:
        # Without this the registry would scrape once at registration, before the switch runs.
        return ()

    def collect(self) -> Iterable[Metric]:
        view = self._view()
        yield from self._collect_health(view, self._health())
        yield from self._collect_queues(view)
        yield from self._collect_people(view)

    def _collect_health(self, view: SwitchView, health: Health) -> Iterable[Metric]:
        yield GaugeMetricFamily("hotline_pbx_up", "1 if the link to the PBX is up and synced.", float(view.pbx_up))
        yield GaugeMetricFamily("hotline_database_up", "1 if records reach the database.", float(health.database_ok))
        yield GaugeMetricFamily(
            "hotline_journal_lag_seconds", "Age of the oldest record not yet in the database.", health.journal_lag_s
        )
        yield GaugeMetricFamily(
            "hotline_spilled_records", "Records that wait in the spill file for the database.", health.spilled_records
        )
        yield GaugeMetricFamily(
            "hotline_clock_drift_seconds", "How far the machine's clock has moved away from the switch's.",
            health.clock_drift_s,
        )  # fmt: skip
        yield CounterMetricFamily(
            "hotline_engine_failures", "Events that the engine failed on: faults of its own.", health.engine_failures
        )

    def _collect_queues(self, view: SwitchView) -> Iterable[Metric]:
        waiting = GaugeMetricFamily(
            "hotline_queue_waiting", "Callers in the queue, ringing ones included.", labels=["queue"]
        )
        longest = GaugeMetricFamily(
            "hotline_queue_longest_wait_seconds", "How long the first in line has waited.", labels=["queue"]
        )
        agents = GaugeMetricFamily(
            "hotline_queue_agents", "The queue's logged-in agents by what they count as in a choice.",
            labels=["queue", "standing"],
        )  # fmt: skip
        for queue in view.queues:
            waiting.add_metric([queue.queue_id], queue.waiting)
            longest.add_metric([queue.queue_id], queue.longest_wait_s)
            for standing, count in {**NOBODY, **queue.agents}.items():
                agents.add_metric([queue.queue_id, standing], count)
        yield from (waiting, longest, agents)

    def _collect_people(self, view: SwitchView) -> Iterable[Metric]:
        agents = GaugeMetricFamily("hotline_agents", "Agents by state.", labels=["state"])
        states = Counter(agent.state for agent in view.agents)
        for state in AgentState:
            agents.add_metric([state], states[state])
        phones = GaugeMetricFamily("hotline_phones", "Agents' phones by what the PBX knows of them.", labels=["phone"])
        known = Counter(agent.phone for agent in view.agents)
        for phone in Phone:
            phones.add_metric([phone], known[phone])
        calls = GaugeMetricFamily("hotline_calls", "Live calls by place.", labels=["place"])
        for place, count in sorted(Counter(call.place for call in view.calls).items()):
            calls.add_metric([place], count)
        yield from (agents, phones, calls)
