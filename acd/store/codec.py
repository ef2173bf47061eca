"""Events and reports as JSON text, and back exactly.

Encoding needs no types: a dataclass is an object of its fields, an enum its value, a tuple an array, a frozenset a
sorted array. Where a field may hold one of several dataclasses, the object says which in `$`. Floats that JSON does
not know are written as strings (`"nan"`, `"inf"`). Decoding goes by the type hints. A field that a stored object
lacks takes its default, one that it has too many is ignored: so a journal written by an older program can be read.
"""

import json
import math
import types
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from acd.core.events import Event
from acd.core.reports import Report

TAG = "$"


class DecodeError(ValueError):
    """A stored entry that this program can't read; says which and why."""


# ---- encoding ----


@cache
def _plan(cls: type) -> tuple[Callable[[Any], Any], tuple[str, ...], bool]:
    """How to take a dataclass apart: getter of all fields, their names, whether it must be tagged."""
    names = tuple(f.name for f in fields(cls))
    getter = attrgetter(*names) if len(names) > 1 else lambda value: tuple(getattr(value, name) for name in names)
    return getter, names, cls in _tagged()


def _plain(value: Any) -> Any:
    """What the JSON encoder does not know by itself, one level deep."""
    cls = type(value)
    if is_dataclass(cls):
        getter, names, tagged = _plan(cls)
        plain = dict(zip(names, getter(value), strict=True))
        return {TAG: cls.__name__} | plain if tagged else plain
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{cls.__name__} can't be stored")


def _finite(value: Any) -> Any:
    """The same with every float that JSON does not know as a string; slow, for the rare case."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_finite(item) for item in value]
    return _finite(_plain(value))


_write = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain).encode
_write_ascii = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_plain).encode


def encode(value: object) -> str:
    """One dataclass as JSON text that can always be written as UTF-8."""
    try:
        text = _write(value)
    except ValueError:
        value = _finite(value)
        text = _write(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from a broken caller name
        return _write_ascii(value)
    return text


# ---- decoding ----

Decoder = Callable[[Any], Any]
Decoded = TypeVar("Decoded")


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _union_decoder(members: tuple[Any, ...]) -> Decoder:
    concrete = [member for member in members if member is not type(None)]
    if len(concrete) == 1:
        inner = _decoder(concrete[0])
        return lambda value: None if value is None else inner(value)
    by_name: dict[str, type] = {
        member.__name__: member for member in concrete if isinstance(member, type) and is_dataclass(member)
    }
    if len(by_name) != len(concrete):
        raise TypeError(f"a field that holds one of {members} can't be stored")

    def decode_tagged(value: Any) -> Any:
        if value is None:
            return None
        name = value.get(TAG)
        if name not in by_name:
            raise DecodeError(f"unknown {TAG} {name!r}, known are {', '.join(sorted(by_name))}")
        return _decoder(by_name[name])(value)

    return decode_tagged


def _dataclass_decoder(cls: type) -> Decoder:
    hints = get_type_hints(cls)
    decoders = {f.name: _decoder(hints[f.name]) for f in fields(cls)}

    def decode_dataclass(value: Any) -> Any:
        return cls(**{name: decoders[name](item) for name, item in value.items() if name in decoders})

    return decode_dataclass


@cache
def _decoder(hint: Any) -> Decoder:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union_decoder(arguments)
    if origin is tuple:
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            inner = _decoder(arguments[0])
            return lambda value: tuple(map(inner, value))
        each = tuple(_decoder(argument) for argument in arguments)
        return lambda value: tuple(decode(item) for decode, item in zip(each, value, strict=True))
    if origin in (frozenset, set):
        inner = _decoder(arguments[0])
        return lambda value: origin(map(inner, value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key, inner = _decoder(arguments[0]), _decoder(arguments[1])
        return lambda value: {key(name): inner(item) for name, item in value.items()}
    if hint is float:
        return _number
    if hint in (str, int, bool):
        return _same
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_decoder(hint)
    raise TypeError(f"a field of type {hint} can't be stored")


EVENT_TYPES: Mapping[str, type] = {cls.__name__: cls for cls in get_args(Event)}
REPORT_TYPES: Mapping[str, type] = {cls.__name__: cls for cls in get_args(Report)}


@cache
def _tagged() -> frozenset[type]:
    """The dataclasses that share a field with others, found by walking all that events and reports can hold."""
    tagged: set[type] = set()
    seen: set[Any] = set()
    ahead: list[Any] = [*EVENT_TYPES.values(), *REPORT_TYPES.values()]
    while ahead:
        hint = ahead.pop()
        if hint in seen:
            continue
        seen.add(hint)
        arguments = get_args(hint)
        if get_origin(hint) in (Union, types.UnionType):
            among = [member for member in arguments if is_dataclass(member)]
            if len(among) > 1:
                tagged.update(member for member in among if isinstance(member, type))
        ahead.extend(arguments)
        if isinstance(hint, type) and is_dataclass(hint):
            ahead.extend(get_type_hints(hint).values())
    return frozenset(tagged)


def _decode(kind: str, known: Mapping[str, type], name: str, text: str) -> Any:
    if name not in known:
        raise DecodeError(f"the store holds a {kind} {name!r} that this program does not know: it was written by a"
                          " newer one, or the name has changed since")  # fmt: skip
    try:
        value = json.loads(text)
        if "$unstorable" in value:
            raise DecodeError(f"what could not be stored can't be read: {value['error']}")
        return _decoder(known[name])(value)
    except (TypeError, ValueError, AttributeError) as error:
        raise DecodeError(f"the store holds a {kind} {name} that does not fit: {error}") from error


@cache
def _fields_of_one_type(cls: type[Any]) -> tuple[tuple[str, type | tuple[type, ...]], ...]:
    hints = get_type_hints(cls)
    return tuple((f.name, (int, float) if hints[f.name] is float else hints[f.name]) for f in fields(cls)
                 if hints[f.name] in (str, int, float, bool))  # fmt: skip


def decode_memory(cls: type[Decoded], text: str) -> Decoded:
    """A memory of the class. Raises `DecodeError`, also for a field of a type that is not its own: the engine would
    meet it at once, in a step that takes up all calls."""
    memory: Decoded = _decode("memory", {cls.__name__: cls}, cls.__name__, text)
    for name, types_of_it in _fields_of_one_type(cls):  # type: ignore[arg-type]
        if not isinstance(getattr(memory, name), types_of_it):
            raise DecodeError(f"a {cls.__name__} does not fit: its {name} is {getattr(memory, name)!r}")
    return memory


def decode_event(name: str, text: str) -> Event:
    """Raises `DecodeError`."""
    event: Event = _decode("event", EVENT_TYPES, name, text)
    return event


def decode_report(name: str, text: str) -> Report:
    """Raises `DecodeError`."""
    report: Report = _decode("report", REPORT_TYPES, name, text)
    return report
