"""A switch in memory with its API, and the command line as a program of its own beside it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cti.day import Day
from cti.server import serve_api
from tests.switch_twin import SwitchTwin, make_site

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "Asia/Shanghai", "COLUMNS": "120", "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True, slots=True)
class Ran:
    code: int
    out: str
    err: str


Hotline = Callable[..., Coroutine[Any, Any, Ran]]


@pytest.fixture
def hotline(tmp_path: Path) -> Hotline:
    """Run `hotline WORDS...` in English against the state folder of the test."""

    async def run(*words: str, language: str = "en") -> Ran:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "acd.cli.main", "--state", str(tmp_path), "--language", language, *words,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=ROOT, env=ENVIRONMENT,
        )  # fmt: skip
        try:
            async with asyncio.timeout(30):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            raise
        return Ran(process.returncode or 0, out.decode(), err.decode())

    return run


@pytest.fixture
async def switch(tmp_path: Path) -> AsyncIterator[SwitchTwin]:
    site = make_site()
    day = Day(site, {"site": {"zh": "测试热线", "en": "Test hotline"}, "meal": {"zh": "用餐", "en": "Meal"}})
    twin = SwitchTwin(site, [day])
    server = await serve_api(twin, day, tmp_path, port=0)
    yield twin
    await server.stop()
