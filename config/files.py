"""The three files of a configuration together, as checks look at them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.document import Document, Place
from config.schema import IvrFile, RoutingFile, SiteFile


@dataclass(frozen=True, slots=True)
class Source:
    """One file as it was read: its bytes, and the plain data in them."""

    raw: bytes = field(repr=False)
    data: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Files:
    """The three files of `folder`: as written, and as far as they are sound."""

    folder: Path
    site_text: Document
    routing_text: Document
    ivr_text: Document
    site: SiteFile | None
    routing: RoutingFile | None
    ivr: IvrFile | None
    # False when something was cut out of ivr.yaml: what leads where can't be judged then.
    ivr_complete: bool


class Names(list[str]):
    """Names in the order they were written. Whether one is among them costs the same however many there are."""

    def __init__(self, written: Iterable[str] = ()) -> None:
        super().__init__(written)
        self._known = frozenset(self)

    def __contains__(self, name: object) -> bool:
        return name in self._known


def names(document: Document, place: Place) -> Names:
    """The names defined at a place, sound or not."""
    data = document.data
    for step in place:
        data = data.get(step) if isinstance(data, dict) else None
    return Names(data if isinstance(data, dict) else ())
