"""What a large configuration costs, counted in function calls: the same each time, on every machine."""

import sys
from pathlib import Path
from types import FrameType

import pytest

from config.files import Names
from config.loader import inspect
from scripts.large_site import Size, write_large_site

# About 200: ten for each of the 16 words in an agent's line, schema and checks included. The parser in Python alone
# takes 3,000 for an agent.
CALLS_PER_AGENT_MAX = 400


def calls(folder: Path, size: Size) -> int:
    """How many functions are called to check a configuration of this size."""
    folder.mkdir()
    write_large_site(folder, size)
    counted = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal counted
        counted += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        _, problems = inspect(folder, folder / "state", {})
    finally:
        sys.setprofile(None)
    assert problems == ()
    return counted


def test_an_agent_costs_little_and_no_more_among_many(tmp_path: Path) -> None:
    few, more, many = (calls(tmp_path / str(n), Size(agents=n, queues=40, skills=20)) for n in (200, 400, 800))

    assert (many - more) / 400 < CALLS_PER_AGENT_MAX
    assert (many - more) < 2.2 * (more - few)


def test_where_things_stand_is_not_looked_up_while_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_large_site(tmp_path, Size(agents=20, queues=20, skills=20))
    monkeypatch.setattr("config.document.read_places", None)

    assert inspect(tmp_path, tmp_path / "state", {})[1] == ()


def test_one_of_many_names_is_found_at_once() -> None:
    class Compared(str):
        __slots__ = ()
        compared = 0

        def __eq__(self, other: object) -> bool:
            Compared.compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    names = Names(f"queue_{number}" for number in range(1000))

    assert Compared("queue_999") in names
    assert Compared("queue_1000") not in names
    assert Compared.compared <= 10
    assert list(names)[:2] == ["queue_0", "queue_1"]
