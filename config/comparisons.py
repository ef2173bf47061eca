"""What conditions are written with: comparisons such as ">= 10", "< 80 %", "> 5m", "between 5 and 10", times and days.

A comparison that begins with > must be in quotes: in YAML that mark begins a long text.
"""

import re
from collections.abc import Callable
from math import inf
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from config.durations import seconds
from config.when import SameAs, Span, UnclearError, read_hours, read_weekdays
from routing.bounds import Bounds

_NUMBER = r"[0-9]+(\.[0-9]+)?"
_ONE_BOUND = re.compile(r"(>=|<=|==|>|<)(.+)", re.DOTALL)
_TWO_BOUNDS = re.compile(r"between (.+) and (.+)", re.DOTALL)

_Number = Callable[[str], float | None]


def _plain(text: str) -> float | None:
    return float(text) if len(text) <= 15 and re.fullmatch(_NUMBER, text) else None


def _share(text: str) -> float | None:
    """A part of 1, or so many percent."""
    if text.endswith("%"):
        percent = _plain(text[:-1].rstrip())
        return None if percent is None else percent / 100.0
    return _plain(text)


def _bounds(text: str, number: _Number) -> Bounds | None:
    if between := _TWO_BOUNDS.fullmatch(text):
        low, high = number(between[1].strip()), number(between[2].strip())
        return None if low is None or high is None else Bounds(low, high)
    if not (one := _ONE_BOUND.fullmatch(text)) or (value := number(one[2].strip())) is None:
        return None
    return {
        ">=": Bounds(value, inf),
        ">": Bounds(value, inf, low_open=True),
        "<=": Bounds(-inf, value),
        "<": Bounds(-inf, value, high_open=True),
        "==": Bounds(value, value),
    }[one[1]]


def _parser(number: _Number, example: str) -> Callable[[object], Bounds]:
    def parse(value: object) -> Bounds:
        found = _bounds(" ".join(value.split()), number) if isinstance(value, str) else None
        if found is None:
            hint = f'write a comparison in quotes, such as "{example}" (also >, <=, <, ==, or "between 5 and 10")'
            raise PydanticCustomError("comparison", "{hint}", {"hint": hint})
        if found.empty:
            raise PydanticCustomError("comparison", "no number is between these two: put the lower one first")
        return found

    return parse


def _schema(unit: str) -> WithJsonSchema:
    number = f"{_NUMBER} ?{unit}"
    return WithJsonSchema({"type": "string", "pattern": f"^((>=|>|<=|<|==) ?{number}|between {number} and {number})$"})


Count = Annotated[Bounds, PlainValidator(_parser(_plain, ">= 10")), _schema("")]
Rate = Annotated[Bounds, PlainValidator(_parser(_plain, ">= 1200")), _schema("")]
Seconds = Annotated[Bounds, PlainValidator(_parser(seconds, "> 90s")), _schema("(s|m|h)?")]
Share = Annotated[Bounds, PlainValidator(_parser(_share, "< 80 %")), _schema("%?")]


def _unclear(message: str, remedy: str) -> PydanticCustomError:
    return PydanticCustomError("unclear", "{said}", {"said": f"{message}; {remedy}"})


def _times(value: object) -> Span:
    try:
        spans = read_hours([str(value)])
    except UnclearError as error:
        raise _unclear(error.message, "write from and until, such as 08:00-20:00") from None
    if isinstance(spans, SameAs) or len(spans) != 1:
        raise _unclear("it is not one span of time", "write from and until, such as 08:00-20:00")
    return spans[0]


def _days(value: object) -> frozenset[int]:
    """One text such as "mon-fri", or a list of them."""
    texts = value if isinstance(value, list) and value else [value]
    try:
        return frozenset(day for text in texts for day in read_weekdays(str(text)))
    except UnclearError as error:
        raise _unclear(error.message, error.remedy) from None


_DAYS_TEXT = {"type": "string"}
Times = Annotated[Span, PlainValidator(_times), WithJsonSchema({"type": "string"})]
Days = Annotated[
    frozenset[int],
    PlainValidator(_days),
    WithJsonSchema({"anyOf": [_DAYS_TEXT, {"type": "array", "items": _DAYS_TEXT, "minItems": 1}]}),
]
