"""All the switch's figures in one registry, and the port where Prometheus reads them."""

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, disable_created_metrics
from prometheus_client.aiohttp import make_aiohttp_handler
from prometheus_client.gc_collector import GCCollector
from prometheus_client.process_collector import ProcessCollector

from acd.core.site import Site
from acd.core.view import SwitchView
from acd.health import Health
from acd.listen import serve_on
from acd.metrics.ami import AmiMetrics, LinkFigures
from acd.metrics.calls import CallMetrics
from acd.metrics.loop_lag import LoopLag
from acd.metrics.snapshot import Snapshot

METRICS_PORT = 9186


class Metrics:
    """`calls` observes the engine, `ami` times the link, `loop_lag` measures; `watch` adds what is read live."""

    def __init__(self, site: Site) -> None:
        # The `_created` series are a third of the page and nothing reads them.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.calls = CallMetrics(self.registry, site)
        self.ami = AmiMetrics(self.registry)
        self.loop_lag = LoopLag(self.registry)
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    def watch(
        self, view: Callable[[], SwitchView], health: Callable[[], Health], link: LinkFigures | None = None
    ) -> None:
        """Read these at every scrape; call it once. `link` is the AMI link, if the PBX has one."""
        self.registry.register(Snapshot(view, health))
        if link is not None:
            self.ami.watch(link)

    async def serve(self, host: str = "127.0.0.1", port: int = METRICS_PORT) -> tuple[web.AppRunner, int]:
        """Serve `/metrics`, until the runner's `cleanup()`. Raises CannotListen."""
        app = web.Application()
        app.router.add_get("/metrics", make_aiohttp_handler(self.registry))
        return await serve_on(app, host, port, "The metrics page", "metrics.port")
