"""One look at everything that may grow, from outside the switch where that is possible."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from acd.pbx.asterisk.instance import AsteriskInstance
from scripts.recovery.process import ServeProcess

FIGURES = (
    "switch_rss_mb", "asterisk_rss_mb", "switch_descriptors", "asterisk_descriptors", "switch_tasks", "switch_blocks",
    "channels",
)  # fmt: skip
"""`switch_blocks`: pieces of memory that Python has handed out; shows a leak long before RSS does."""
_RSS = re.compile(r"^VmRSS:\s+(\d+) kB", re.M)
_CHANNELS = re.compile(r"^(\d+) active channels?", re.M)


@dataclass(frozen=True, slots=True)
class Source:
    """Where to look: the two processes."""

    serve: ServeProcess
    asterisk: AsteriskInstance

    async def look(self) -> dict[str, float]:
        """By the names of `FIGURES`."""
        assert self.asterisk.pid is not None
        inside = self._inside()
        return {
            "switch_rss_mb": rss_mb(self.serve.pid),
            "asterisk_rss_mb": rss_mb(self.asterisk.pid),
            "switch_descriptors": descriptors(self.serve.pid),
            "asterisk_descriptors": descriptors(self.asterisk.pid),
            "switch_tasks": inside["tasks"],
            "switch_blocks": inside["blocks"],
            "channels": channels(await self.asterisk.command("core show channels count")),
        }

    def _inside(self) -> dict[str, int]:
        """What the switch last told of itself (`watched`)."""
        for _, line in reversed(self.serve.said):
            if line.startswith('{"soak"'):
                found: dict[str, int] = json.loads(line)["soak"]
                return found
        raise RuntimeError("the switch has told nothing of its tasks")


def rss_mb(pid: int) -> float:
    found = _RSS.search(Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def channels(said: str) -> int:
    """Of Asterisk's `core show channels count`."""
    found = _CHANNELS.search(said)
    if found is None:
        raise RuntimeError(f"Asterisk was asked for its channels and said {said!r}")
    return int(found[1])
