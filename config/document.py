"""A YAML file as plain values that remember where they were written.

YAML's rarer powers are refused with a line and a reason: duplicate keys (the last would silently win), anchors (a value
that is changed elsewhere), tags (types that nobody asked for), tabs.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from config.problems import Problem
from config.quick_yaml import NotOrdinaryError, read_data, read_places
from config.quick_yaml import Place as Place

DEPTH_MAX = 40
SIZE_MAX = 16 * 1024 * 1024

_COLON = re.compile(" *:")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))([eE][-+]?[0-9]+)?")
_WORDS: Mapping[str, object] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_PLAIN_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "timestamp"))


class WrittenInteger(int):
    """An integer that keeps how it was written, since the number 0571 that people dial is not 571."""

    text: str

    def __new__(cls, text: str) -> "WrittenInteger":
        value = super().__new__(cls, text)
        value.text = text
        return value


@dataclass(frozen=True, slots=True)
class Places:
    """Line and column (from 1) of what stands at a place, e.g. ("queues", "billing"): of the value, of its name."""

    values: dict[Place, tuple[int, int]] = field(default_factory=dict)
    keys: dict[Place, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """One file's data. Where it stands in the file is looked up by `find_places` when a problem is first told."""

    file: str
    data: Any = None
    find_places: Callable[[], Places] = field(default=Places, repr=False)

    @cached_property
    def places(self) -> Places:
        return self.find_places()

    def problem(self, place: Place, message: str, suggestion: str = "", *, at_key: bool = False) -> Problem:
        """A problem at `place`, or at the nearest enclosing place that was written."""
        values, keys = self.places.values, self.places.keys
        while place and place not in values:
            place = place[:-1]
        found = keys.get(place) if at_key else None
        line, column = found or values.get(place, (1, 1))
        return Problem(self.file, line, column, message, suggestion)


def read_file(path: Path, shown_as: str) -> tuple[bytes | None, list[Problem]]:
    """The bytes of one file. Never raises: a file that can't be read is None and a problem."""
    try:
        if path.stat().st_size > SIZE_MAX:
            return None, [Problem(shown_as, 0, 0, f"the file is larger than {SIZE_MAX >> 20} MiB")]
        return path.read_bytes(), []
    except FileNotFoundError:
        remedy = "name the folder that holds it with --config DIR"
        return None, [Problem(shown_as, 0, 0, "the file does not exist", remedy)]
    except OSError as error:
        return None, [Problem(shown_as, 0, 0, f"the file can't be read: {error.strerror}")]


def parse_document(raw: bytes, shown_as: str) -> tuple[Document, list[Problem]]:
    """Turn a file's bytes into a document and the problems of its form. Never raises."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return Document(shown_as), [_encoding_problem(raw, error.start, shown_as)]
    if tabs := list(_tabs(text, shown_as)):
        return Document(shown_as), tabs
    try:
        data = read_data(text, _plain_value, DEPTH_MAX)
    except NotOrdinaryError:
        return _read_fully(text, shown_as)
    return Document(shown_as, data, lambda: Places(*read_places(text))), []


def _read_fully(text: str, shown_as: str) -> tuple[Document, list[Problem]]:
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = DEPTH_MAX
    try:
        root = reader.compose(text)
    except (YAMLError, ValueError) as error:
        return Document(shown_as), [_syntax_problem(error, text, shown_as)]
    if root is None:
        remedy = "start from the one that ships with the switch"
        return Document(shown_as), [Problem(shown_as, 1, 1, "the file is empty", remedy)]
    walk = _Walk(shown_as, text)
    data = walk.value(root, ())
    return Document(shown_as, data, lambda: walk.places), walk.problems


class _Walk:
    """One pass over the parsed nodes: values, places, and what is refused."""

    def __init__(self, file: str, text: str) -> None:
        self._file, self._text = file, text
        self.places = Places()
        self.problems: list[Problem] = []
        self._seen: set[int] = set()

    def value(self, node: Node, place: Place) -> Any:
        self.places.values[place] = _position(node)
        if id(node) in self._seen:
            self._refuse(node, "this value is repeated elsewhere by reference (&name, *name)", "write it out there")
            return None
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode) or not _is_plain(key_node):
                self._refuse(key_node, "a name before a colon must be one word or number")
                continue
            key = str(key_node.value)
            if key == "<<" and key_node.style is None:
                self._refuse(key_node, "'<<' merges values from elsewhere", "write the values out")
                continue
            here = (*place, key)
            if key in found:
                first = self.places.keys[here][0]
                self._refuse(key_node, f"'{key}' is given twice", f"the first is in line {first}; remove one of them")
                continue
            self.places.keys[here] = _position(key_node)
            found[key] = self.value(value_node, here)
            if value_node.start_mark.index == value_node.end_mark.index:
                self.places.values[here] = self._behind(key_node, value_node)
        return found

    def _behind(self, key_node: Node, empty: Node) -> tuple[int, int]:
        """Where an empty value stands: right behind the colon, not at what happens to come next."""
        end = key_node.end_mark
        colon = _COLON.match(self._text, end.index)
        return (end.line + 1, end.column + colon.end() - colon.start() + 1) if colon else _position(empty)

    def _scalar(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode) or not _is_plain(node):
            self._refuse(node, f"the tag {_tag(node)} is not understood here", "remove it")
            return None
        return _plain_value(node.value) if node.style is None else node.value

    def _refuse(self, node: Node, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(self._file, *_position(node), message, suggestion))


def _plain_value(text: str) -> Any:
    """What an unquoted word means. Dates and `yes`/`no` stay text: the schema asks for true and false."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 40:
        if _INTEGER.fullmatch(text):
            return WrittenInteger(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text


def _position(node: Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _tag(node: Node) -> str:
    return str(node.tag)


def _is_plain(node: Node) -> bool:
    return _tag(node) in _PLAIN_TAGS


def _tabs(text: str, file: str) -> Iterator[Problem]:
    if "\t" not in text:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip():
            yield Problem(file, number, indent.index("\t") + 1, "a tab stands in the indent", "use spaces instead")


def _encoding_problem(raw: bytes, at: int, file: str) -> Problem:
    before = raw[:at].decode("utf-8", errors="replace")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    remedy = "save it as UTF-8 in your editor"
    try:
        raw.decode("gb18030")
        remedy += " (it may have been saved as GBK)"
    except UnicodeDecodeError:
        pass
    return Problem(file, line, column, "the file is not UTF-8 text from here on", remedy)


_SYNTAX = (
    ("maximum depth", "brackets or indents are nested too deeply", "close those that are open"),
    ("mapping values are not allowed", "a colon is not expected here", "check the indent, or put the text in quotes"),
    ("could not find expected ':'", "a colon is missing after a name", "write 'name: value'"),
    ("expected <block end>", "the indent does not match the lines above", "line it up with its neighbours"),
    ("expected a single document", "a second document begins here", "remove the line '---'"),
    ("unexpected end of stream", "a quote or bracket is not closed", "close it"),
    ("found unexpected end", "a quote or bracket is not closed", "close it"),
    ("expected ',' or", "a comma or a closing bracket is missing", "check the brackets of this line"),
    ("undefined alias", "'*' at the beginning of a text means a reference", "put the text in quotes"),
    ("expected alphabetic or numeric", "'*' or '&' at the beginning of a text is special", "put the text in quotes"),
    ("cannot start any token", "this character can't begin a text", "put the text in quotes"),
    ("special characters are not allowed", "an invisible control character stands here", "delete it"),
)


def _syntax_problem(error: Exception, text: str, file: str) -> Problem:
    """YAML's own words, put plainly where they are known."""
    line, column = 1, 1
    said = str(error)
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        if mark is not None:
            line, column = mark.line + 1, mark.column + 1
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
    elif isinstance(position := getattr(error, "position", None), int):
        before = text[:position]
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    for words, message, suggestion in _SYNTAX:
        if words in said:
            return Problem(file, line, column, message, suggestion)
    return Problem(file, line, column, f"this is not YAML: {' '.join(said.split())}")
