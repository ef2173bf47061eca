"""Durations as people write them: 90, 90s, 5m, 1h. Values are seconds."""

import re
from typing import Annotated

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

PATTERN = r"^[0-9]+(\.[0-9]+)?(s|m|h)?$"
_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,12})?) ?([smh]?)")


def seconds(text: str) -> float | None:
    """What a text means; None if it is not a duration."""
    found = _WRITTEN.fullmatch(text.strip())
    return float(found[1]) * _SECONDS[found[2]] if found else None


def _parse(value: object) -> float:
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = seconds(str(value))
        if found is not None and found > 0.0:
            return found
    raise PydanticCustomError("duration", "write a time above 0, such as 90 (seconds), 90s, 5m or 1h")


Duration = Annotated[
    float,
    BeforeValidator(_parse),
    WithJsonSchema({"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": PATTERN}]}),
]
