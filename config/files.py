"""The three files of a configuration together, as checks look at them."""

from dataclasses import dataclass
from pathlib import Path

from config.document import Document, Place
from config.schema import IvrFile, RoutingFile, SiteFile


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


def names(document: Document, place: Place) -> list[str]:
    """The names defined at a place, sound or not."""
    data = document.data
    for step in place:
        data = data.get(step) if isinstance(data, dict) else None
    return list(data) if isinstance(data, dict) else []
