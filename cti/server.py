"""The API on its address: bound first, then published in the state folder, withdrawn at the end."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import structlog
from aiohttp import web

from acd.listen import serve_on
from cti.app import make_app
from cti.day import Day
from cti.switch_port import SwitchPort
from cti.token import Access, make_token

log = structlog.get_logger("cti")

API_PORT = 8086


@dataclass(frozen=True, slots=True)
class ApiServer:
    access: Access
    runner: web.AppRunner
    state: Path

    async def stop(self) -> None:
        self.access.withdraw(self.state)
        await self.runner.cleanup()


async def serve_api(
    switch: SwitchPort, day: Day, state: Path, host: str = "127.0.0.1", port: int = API_PORT
) -> ApiServer:
    """Serve the API and leave its address and a fresh token in `state`. Raises CannotListen."""
    token = make_token()
    runner, bound = await serve_on(make_app(switch, token, day), host, port, "The switch's API", "api.port")
    access = Access(make_url(host, bound), token)
    try:
        access.publish(state)
    except OSError:
        await runner.cleanup()
        raise
    if not _is_loopback(host):
        log.warning("api_open_to_network", host=host, port=bound, remedy="the token goes in clear: put TLS before it")
    return ApiServer(access, runner, state)


def make_url(host: str, port: int) -> str:
    """The URL by which this machine reaches a server bound to `host`."""
    reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
