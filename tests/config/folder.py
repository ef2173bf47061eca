"""The shipped configuration in a folder of its own, to be spoiled in one place."""

import shutil
from pathlib import Path

from config.loader import Configuration, inspect, load
from config.problems import Problem

SHIPPED = Path(__file__).resolve().parents[2] / "config"
HERE = "▶"  # stands right before the place where a problem is expected


class Folder:
    """A copy of the shipped files; `state` is a state folder that does not exist yet."""

    def __init__(self, root: Path) -> None:
        self.path = root / "config"
        self.state = root / "state"
        self.path.mkdir()
        for file in SHIPPED.glob("*.yaml"):
            shutil.copy(file, self.path)

    def text(self, name: str) -> str:
        return (self.path / name).read_text(encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> list[tuple[int, int]]:
        """Put `new` in place of the first `old`. Returns line and column of each mark in `new`, which is taken out."""
        text = self.text(name)
        assert old in text, f"{old!r} is not in {name}: the test is out of date"
        marked = text.replace(old, new, 1)
        places = []
        while HERE in marked:
            before, _, after = marked.partition(HERE)
            places.append((before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1))
            marked = before + after
        (self.path / name).write_text(marked, encoding="utf-8")
        return places

    def problems(self) -> tuple[Problem, ...]:
        return inspect(self.path, self.state, {})[1]

    def load(self) -> Configuration:
        return load(self.path, self.state, {})
