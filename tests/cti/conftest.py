"""The API of a switch in memory on a free port of loopback."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from cti.day import Day
from cti.server import ApiServer, serve_api
from tests.switch_twin import SwitchTwin, make_site


@dataclass(slots=True)
class Web:
    switch: SwitchTwin
    server: ApiServer
    session: aiohttp.ClientSession

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.session.get(path) as answer:
            return answer.status, await answer.json(content_type=None)

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        async with self.session.post(path, json=body) as answer:
            return answer.status, await answer.json(content_type=None)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    site = make_site()
    day = Day(site)
    switch = SwitchTwin(site, [day])
    server = await serve_api(switch, day, tmp_path / "state", port=0)
    headers = {"Authorization": f"Bearer {server.access.token}"}
    async with aiohttp.ClientSession(server.access.url, headers=headers) as session:
        yield Web(switch, server, session)
    await server.stop()
