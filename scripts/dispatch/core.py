"""The switch as `hotline serve` runs it, in a process of its own so that its CPU time can be told from the rest.

Writes one line when it is up and ends when its stdin closes.
"""

import asyncio
import sys
from pathlib import Path

import uvloop

from acd.log import set_up
from acd.pbx.asterisk.settings import AmiSettings
from acd.priority import go_first
from acd.switch import Switch
from config.asterisk.program import locate
from config.loader import load


async def run(config_dir: Path, state_dir: Path, launcher: Path) -> None:
    configuration = load(config_dir, state_dir)
    ami = configuration.pbx(locate(launcher)).ami
    settings = AmiSettings(username=ami.live.name, secret=ami.live.secret, host=ami.bind, port=ami.port)
    async with Switch(configuration.site, configuration.runtime, settings):
        print("up", flush=True)
        loop = asyncio.get_running_loop()
        closed = asyncio.Event()
        loop.add_reader(sys.stdin.fileno(), closed.set)
        await closed.wait()


if __name__ == "__main__":
    set_up("json", "info")
    go_first()
    uvloop.run(run(*(Path(part) for part in sys.argv[1:4])))
