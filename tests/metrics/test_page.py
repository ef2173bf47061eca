"""The metrics page as Prometheus reads it: live gauges, the link's figures, the loop's lag, an address of its own."""

import asyncio
import heapq
import socket
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from acd.core.site import Site
from acd.core.view import AgentView, CallView, QueueView, SwitchView
from acd.core.words import Phone
from acd.health import Health
from acd.listen import CannotListen
from acd.metrics import AmiMetrics, LoopLag, Metrics
from acd.pbx.asterisk.link import AmiLink
from acd.pbx.asterisk.settings import AmiSettings
from routing.queue import Queue

SITE = Site(queues={"general": Queue("general")})


def make_view() -> SwitchView:
    return SwitchView(
        at=100.0,
        pbx_up=True,
        calls=(
            CallView("c1", "waiting", 90.0, "10086", "13912341234", "general", "", 80.0, 10.0, ""),
            CallView("c2", "talking", 90.0, "10086", "13912341235", "general", "1001", 80.0, 10.0, ""),
        ),
        agents=(
            AgentView("1001", "张三", "on_call", 90.0, "", "", Phone.REACHABLE, True, "c2", ("general",)),
            AgentView("1002", "李四", "not_ready", 90.0, "meal", "", Phone.UNKNOWN, False, "", ("general",)),
        ),
        queues=(QueueView("general", 1, 10.0, {"on_call": 1, "not_ready": 1}),),
    )


async def read_page(port: int) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.status == 200
        text = await answer.text()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_the_page_shows_the_switch_as_it_is_when_scraped() -> None:
    metrics = Metrics(SITE)
    health = Health(pbx_up=True, database_ok=False, journal_lag_s=3.5, spilled_records=7, clock_drift_s=-3600.5)
    metrics.watch(make_view, lambda: health)
    runner, port = await metrics.serve(port=0)
    try:
        page = await read_page(port)
        health = Health(pbx_up=True, database_ok=True)
        later = await read_page(port)
    finally:
        await runner.cleanup()
    general = ("queue", "general")
    assert page["hotline_pbx_up", ()] == 1
    assert page["hotline_database_up", ()] == 0
    assert page["hotline_journal_lag_seconds", ()] == 3.5
    assert page["hotline_spilled_records", ()] == 7
    assert page["hotline_clock_drift_seconds", ()] == -3600.5
    assert page["hotline_queue_waiting", (general,)] == 1
    assert page["hotline_queue_longest_wait_seconds", (general,)] == 10.0
    assert page["hotline_queue_agents", (general, ("standing", "on_call"))] == 1
    assert page["hotline_queue_agents", (general, ("standing", "eligible"))] == 0
    assert page["hotline_agents", (("state", "not_ready"),)] == 1
    assert page["hotline_agents", (("state", "logged_out"),)] == 0
    assert page["hotline_phones", (("phone", "unknown"),)] == 1
    assert page["hotline_calls", (("place", "talking"),)] == 1
    assert ("hotline_wait_seconds_bucket", (("le", "20.0"), ("outcome", "answered"), general)) in page
    assert page["process_open_fds", ()] > 0
    assert later["hotline_database_up", ()] == 1


async def test_an_occupied_port_is_named_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refusal:
            await Metrics(SITE).serve(port=port)
    text = str(refusal.value)
    assert f"127.0.0.1:{port}" in text
    assert "another program" in text
    assert "metrics.port" in text


async def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(CannotListen, match=r"192\.0\.2\.1:0.*does not have that address"):
        await Metrics(SITE).serve(host="192.0.2.1", port=0)


def test_the_links_own_figures_are_read_when_scraped() -> None:
    registry = CollectorRegistry()
    ami = AmiMetrics(registry)
    link = AmiLink(
        AmiSettings(username="u", secret="s"), wanted=["Hangup"], on_event=lambda message: None,
        on_up=lambda: None, on_down=lambda reason: None, observe=ami.take_answer,
    )  # fmt: skip
    ami.watch(link)
    assert registry.get_sample_value("hotline_ami_link_up") == 0
    assert registry.get_sample_value("hotline_ami_connects_total") == 0
    link.connects = 2
    link.counters.delivered = 3
    link.counters.unreadable = 1
    assert registry.get_sample_value("hotline_ami_connects_total") == 2
    assert registry.get_sample_value("hotline_ami_events_total", {"fate": "delivered"}) == 3
    assert registry.get_sample_value("hotline_ami_events_total", {"fate": "unreadable"}) == 1


def test_requests_of_the_link_are_timed() -> None:
    registry = CollectorRegistry()
    AmiMetrics(registry).take_answer("Redirect", 0.003)
    redirect = {"action": "Redirect"}
    assert registry.get_sample_value("hotline_ami_request_seconds_bucket", {**redirect, "le": "0.005"}) == 1
    assert registry.get_sample_value("hotline_ami_request_seconds_bucket", {**redirect, "le": "0.002"}) == 0


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop's clock and timers on virtual time: `advance` rings what is due, as late as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self._due: list[tuple[float, int, asyncio.TimerHandle]] = []

    def time(self) -> float:
        return self.now

    def call_at(  # type: ignore[override]
        self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        timer = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._due, (when, len(self._due), timer))
        return timer

    def advance(self, seconds: float) -> None:
        self.now += seconds
        while self._due and self._due[0][0] <= self.now:
            timer = heapq.heappop(self._due)[2]
            if not timer.cancelled():
                timer._run()


def test_the_loops_lag_is_how_late_its_timer_comes() -> None:
    registry = CollectorRegistry()
    lag = LoopLag(registry)
    loop = VirtualLoop()
    lag.start(loop)
    loop.advance(0.25)
    assert lag.worst_s == 0.0
    loop.advance(0.25 + 0.3)
    assert lag.worst_s == pytest.approx(0.3)
    assert registry.get_sample_value("hotline_loop_lag_worst_seconds") == pytest.approx(0.3)
    assert registry.get_sample_value("hotline_loop_lag_seconds_bucket", {"le": "0.2"}) == 1
    assert registry.get_sample_value("hotline_loop_lag_seconds_bucket", {"le": "0.5"}) == 2
    for _ in range(20):
        loop.advance(0.25)
    assert lag.worst_s == 0.0, "an old lag is forgotten"
    lag.stop()
    loop.advance(10.0)
    assert registry.get_sample_value("hotline_loop_lag_seconds_count") == 22
    loop.close()
