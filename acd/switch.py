"""The composition root: every part made and wired, started in order, ended in the reverse order."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from itertools import count
from typing import Self

import acd.runtime
from acd.clock import DriftWatch, go_on, system_sources
from acd.core.commands import Reply
from acd.core.engine import Engine
from acd.core.events import AgentEvent, Diverged, Event, PbxLost, PbxState, SiteChanged
from acd.core.observer import Observer
from acd.core.reconcile import Reconciler
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.health import Health, SwitchStopped
from acd.log import LogReports
from acd.metrics.metrics import Metrics
from acd.pbx.asterisk.inbound import FEATURE_REQUEST
from acd.pbx.asterisk.pbx import AsteriskPbx
from acd.pbx.asterisk.settings import AmiSettings
from acd.store.memory_recall import recall
from acd.store.recorder import Recorder
from acd.store.store import open_store
from config.loader import Runtime
from cti.day import Day
from cti.server import serve_api

Names = Mapping[str, Mapping[str, str]]


class Switch:
    """The switch of one site on one Asterisk. Use it as `async with Switch(site, surroundings, ami) as switch`.

    Entering raises CannotListen, and StoreError for a database that can't be used as configured. An Asterisk or a
    database that is away is waited for: callers are served, records spill, alarms say so.
    `observers` are told of every step beside the switch's own; `names` are what people read for the site and for
    the reasons of not_ready: word -> language -> name.
    """

    def __init__(
        self,
        site: Site,
        surroundings: Runtime,
        ami: AmiSettings,
        observers: Sequence[Observer] = (),
        names: Names | None = None,
    ) -> None:
        self._site, self._surroundings, self._ami = site, surroundings, ami
        self._day = Day(site, names or {})
        self._extra = tuple(observers)
        self._stack = AsyncExitStack()
        self._requests = count(1)
        self._asked: dict[str, asyncio.Future[Reply]] = {}
        self._running = False
        self.api_url = self.metrics_url = ""

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._running = False
        for future in self._asked.values():
            future.cancel()
        await self._stack.aclose()

    async def _start(self) -> None:
        around, site = self._surroundings, self._site
        loop = asyncio.get_running_loop()

        store = await open_store(around.database_url, around.state_dir, allow_away=True)
        self._stack.push_async_callback(store.close)
        self.clock, restored = go_on(around.state_dir, await recall(store), system_sources())
        clock, drift_watch = self.clock, DriftWatch(self.clock)
        drift_watch.start(loop)
        self._stack.callback(drift_watch.stop)
        self.engine = Engine(site)
        self.recorder = Recorder(store, memory=self.engine, clock=clock)
        self._stack.push_async_callback(self.recorder.close)

        self.metrics = Metrics(site)
        self.metrics.loop_lag.start(loop)
        self._stack.callback(self.metrics.loop_lag.stop)

        self.reconciler = Reconciler()
        self.pbx = AsteriskPbx(self._ami, site.agents, self._post, self.metrics.ami.take_answer, self._compare)
        self.runtime = acd.runtime.Runtime(
            self.engine,
            clock,
            lambda at, call: loop.call_at(loop.time() + (at - clock()), call).cancel,
            self.pbx.perform,
            self._take_reply,
            (self.recorder, self.metrics.calls, self._day, LogReports(), *self._extra),
        )
        self.metrics.watch(self.view, self.health, self.pbx.link)
        self._running = True
        # Everybody is told of the site first, so that a journal can be replayed from its beginning.
        self.runtime.post(SiteChanged(site))
        if restored is not None:
            self.runtime.post(restored)
        # Not before: what it writes makes void what the run before remembered.
        self.recorder.start()

        api = await serve_api(self, self._day, around.state_dir, around.api.host, around.api.port)
        self._stack.push_async_callback(api.stop)
        self.api_url = api.access.url
        runner, port = await self.metrics.serve(around.metrics.host, around.metrics.port)
        self._stack.push_async_callback(runner.cleanup)
        self.metrics_url = f"http://{around.metrics.host}:{port}/metrics"

        await self.pbx.start()
        self._stack.push_async_callback(self.pbx.close)

    def _post(self, event: Event) -> None:
        if isinstance(event, PbxLost):
            self.reconciler.forget()
        self.runtime.post(event)

    def _compare(self, state: PbxState) -> Diverged | None:
        return self.reconciler.compare(self.engine.floor, state, self.runtime.now())

    # ---- what the API asks for ----

    def view(self) -> SwitchView:
        return self.engine.view(self.runtime.now())

    def health(self) -> Health:
        figures = self.recorder.figures()
        return Health(
            pbx_up=self.engine.floor.pbx_up,
            pbx_reason=self.pbx.link.down_reason or "",
            database_ok=figures.database_up,
            database_reason="" if figures.database_up else figures.last_error,
            journal_lag_s=figures.lag_s,
            spilled_records=figures.spilled,
            loop_lag_s=self.metrics.loop_lag.worst_s,
            engine_failures=self.runtime.failures,
            clock_drift_s=self.clock.drift_s,
        )

    async def ask(self, make: Callable[[str], AgentEvent], deadline_s: float) -> Reply:
        """Put an agent's request to the engine. Raises SwitchStopped, TimeoutError."""
        if not self._running:
            raise SwitchStopped("the switch is stopping")
        request_id = f"api:{next(self._requests)}"
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._asked[request_id] = future
        try:
            self.runtime.post(make(request_id))
            async with asyncio.timeout(deadline_s):
                return await future
        except asyncio.CancelledError:
            if not self._running:
                raise SwitchStopped("the switch is stopping") from None
            raise
        finally:
            del self._asked[request_id]

    def _take_reply(self, reply: Reply) -> None:
        if reply.request_id.startswith(FEATURE_REQUEST):
            self.pbx.perform(reply)
            return
        future = self._asked.get(reply.request_id)
        if future is not None and not future.done():
            future.set_result(reply)

    # ---- changes while it runs ----

    def change_site(self, site: Site, names: Names) -> None:
        """Take over a new site; the PBX must already have what the site names."""
        self._day.names = names
        self.pbx.set_agents(site.agents)
        self.runtime.post(SiteChanged(site))
