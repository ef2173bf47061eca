"""A line of people in order: callers who wait, or agents who are idle."""

from collections.abc import Iterator
from typing import Any

from sortedcontainers import SortedList

# What the order goes by, then the id of who stands there: tuples that can be compared.
Key = tuple[Any, ...]


class Line:
    """Keys in ascending order, the id last so that ties go to the lower one. All operations cost about O(log n)."""

    def __init__(self) -> None:
        self._keys = SortedList()

    def add(self, key: Key) -> None:
        self._keys.add(key)

    def remove(self, key: Key) -> None:
        """Raises ValueError if the key is not in line."""
        self._keys.remove(key)

    def first(self) -> Key | None:
        return self._keys[0] if self._keys else None

    def position(self, key: Key) -> int:
        """How many stand before `key`, whether or not it is in line."""
        return int(self._keys.bisect_left(key))

    def __contains__(self, key: Key) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._keys)

    def __getitem__(self, index: int) -> Key:
        key: Key = self._keys[index]
        return key
