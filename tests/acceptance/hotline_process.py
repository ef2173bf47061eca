"""The switch as a process of its own, with the shipped site on ports that are free."""

import re
import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

from scripts.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]


def shipped_site(folder: Path) -> Path:
    """The shipped YAML in `folder`, its ports changed to free ones."""
    ports = free_ports(4)
    for name in ("site.yaml", "routing.yaml", "ivr.yaml"):
        text = (ROOT / "config" / name).read_text(encoding="utf-8")
        for old, port in zip(("5060", "5038", "8086", "9186"), ports, strict=True):
            text = re.sub(rf"(port: ){old}\b", rf"\g<1>{port}", text)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


class HotlineProcess:
    """`hotline ...` as a person starts it, and what it prints."""

    def __init__(self, config: Path, state: Path, *words: str) -> None:
        arguments = ["--config", str(config), "--state", str(state), *words]
        self.state = state
        self.lines: Queue[str] = Queue()
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "acd.cli.main", *arguments], cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, text: str, timeout_s: float) -> str:
        while True:
            try:
                line = self.lines.get(timeout=timeout_s)
            except Empty:
                raise AssertionError(f"no {text!r} within {timeout_s:g} s:\n{''.join(self.said)}") from None
            self.said.append(line)
            if text in line:
                return line

    def wait_for_all(self, texts: list[str], timeout_s: float) -> None:
        """All of them have been said, in any order."""
        missing = list(texts)
        while missing:
            line = self.wait_for("", timeout_s)
            missing = [text for text in missing if text not in line]

    def left_behind(self) -> list[str]:
        """Command lines of the processes it started and that still run."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == self.process.pid:
                continue
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(self.state) in command or f"--parent {self.process.pid} " in command:
                found.append(command)
        return found
