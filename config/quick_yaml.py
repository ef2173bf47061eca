"""Ordinary YAML at the speed of libyaml: fifteen times that of the parser in Python.

Only what both parsers are sure to read alike is read here: plain mappings, lists and scalars in common characters. At
anything else (errors, anchors, tags, duplicate keys, rare line ends) it gives up, and `document` has the
other parser read the file, which knows YAML 1.2 in full and says what is wrong.

Where things stand is a second pass over the events, made only when a problem is to be told.
"""

import importlib
import re
from collections.abc import Callable
from typing import Any

from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

Place = tuple[str | int, ...]
Position = tuple[int, int]

# Tabs, control characters, and what is a line end for some versions of YAML only.
_UNCOMMON = re.compile(r"[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_QUOTES = frozenset({"'", '"'})
# The text begins in the next line; nothing is said of its indent.
_ORDINARY_BLOCK = re.compile(r"[|>]-?\r?\n +[^ #\r\n]")
# Resolved by other rules than words and numbers are.
_SPECIAL_WORDS = frozenset({"<<", "="})
_SPECIAL_KEYS = _SPECIAL_WORDS | {""}


class NotOrdinaryError(Exception):
    """The text needs the full parser; it may or may not be sound."""


def _find_libyaml() -> Any:
    try:
        return importlib.import_module("_ruamel_yaml").CParser
    except ImportError:  # ruamel.yaml.clib is not installed: all is read by the full parser, rightly and slowly
        return None


_LIBYAML = _find_libyaml()


def read_data(text: str, plain_value: Callable[[str], Any], depth_max: int) -> Any:
    """The data of the one document there is; `plain_value` tells what an unquoted word means.

    Raises NotOrdinaryError.
    """
    if _LIBYAML is None or _UNCOMMON.search(text.replace("\r\n", "\n")):
        raise NotOrdinaryError
    try:
        return _DataReader(text, plain_value, depth_max).read()
    except (YAMLError, ValueError) as error:
        raise NotOrdinaryError from error


class _DataReader:
    def __init__(self, text: str, plain_value: Callable[[str], Any], depth_max: int) -> None:
        self._text, self._plain_value, self._depth_max = text, plain_value, depth_max
        self._following: Callable[[], Any] = _LIBYAML(text).get_event
        self._depth = 0
        self._in_brackets = False
        self._key: Any = None

    def read(self) -> Any:
        self._expect(StreamStartEvent)
        start = self._expect(DocumentStartEvent)
        if start.version or start.tags:
            raise NotOrdinaryError
        data = self._value(self._following())
        if self._expect(DocumentEndEvent).explicit:
            raise NotOrdinaryError
        self._expect(StreamEndEvent)
        return data

    def _expect(self, kind: type) -> Any:
        event = self._following()
        if type(event) is not kind:
            raise NotOrdinaryError
        return event

    def _value(self, event: Any) -> Any:
        kind = type(event)
        # An alias has an anchor, too.
        if event.anchor is not None or event.ctag is not None:
            raise NotOrdinaryError
        if kind is ScalarEvent:
            return self._scalar(event)
        self._depth += 1
        if self._depth >= self._depth_max:
            raise NotOrdinaryError
        around, self._in_brackets = self._in_brackets, event.flow_style
        found = self._mapping() if kind is MappingStartEvent else self._sequence()
        self._in_brackets = around
        self._depth -= 1
        return found

    def _scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.style:
            if event.style not in _QUOTES and not self._is_ordinary_block(event):
                raise NotOrdinaryError
            return text
        if text in _SPECIAL_WORDS:
            raise NotOrdinaryError
        # Where an empty value stands the parsers agree on behind `name:` alone.
        if not text and (self._in_brackets or self._key is None or event.start_mark.line != self._key.start_mark.line):
            raise NotOrdinaryError
        return self._plain_value(text)

    def _is_ordinary_block(self, event: Any) -> bool:
        return self._depth > 0 and _ORDINARY_BLOCK.match(self._text, event.start_mark.index) is not None

    def _mapping(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        following, value = self._following, self._value
        while type(event := following()) is ScalarEvent:
            key: str = event.value
            if key in found or key in _SPECIAL_KEYS or event.anchor is not None or event.ctag is not None:
                raise NotOrdinaryError
            self._key = event
            found[key] = value(following())
        if type(event) is not MappingEndEvent:
            raise NotOrdinaryError
        return found

    def _sequence(self) -> list[Any]:
        found: list[Any] = []
        following, value = self._following, self._value
        while type(event := following()) is not SequenceEndEvent:
            found.append(value(event))
        return found


def read_places(text: str) -> tuple[dict[Place, Position], dict[Place, Position]]:
    """Where each value and each key stands, line and column from 1, in a text that `read_data` has read."""
    following = _LIBYAML(text).get_event
    values: dict[Place, Position] = {}
    keys: dict[Place, Position] = {}

    def walk(event: Any, place: Place) -> None:
        values[place] = _position(event)
        if type(event) is MappingStartEvent:
            while type(key := following()) is ScalarEvent:
                here = (*place, key.value)
                keys[here] = _position(key)
                walk(following(), here)
        elif type(event) is not ScalarEvent:
            index = 0
            while type(item := following()) is not SequenceEndEvent:
                walk(item, (*place, index))
                index += 1

    following()
    following()
    walk(following(), ())
    return values, keys


def _position(event: Any) -> Position:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
