"""From a document to its schema's value: every problem said in a supervisor's words, with its place and a suggestion.

What is wrong is reported and cut out until something sound remains. That serves the checks across files only, so that
one slip does not hide another; with any problem the configuration is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.document import Document, Place, WrittenInteger
from config.problems import Problem, did_you_mean
from config.schema import DATABASE_URL

Schema = TypeVar("Schema", bound=BaseModel)
ROUNDS_MAX = 50

# What a value of a pattern looks like, by the pattern.
_PATTERNS: Mapping[str, str] = {
    r"^[a-z][a-z0-9_]*$": "write it in lower-case letters, digits and _, beginning with a letter",
    r"^[a-z][a-z0-9_-]*(/[a-z0-9_-]+)?$": "write it in lower-case letters, digits, _ and -, beginning with a letter",
    r"^[0-9]+$": "write it in digits only",
    r"^\+?[0-9]+$": "write it in digits only, with a + before them at most",
    r"^[0-9*#]$": "write one key: 0 to 9, '*' or '#' (the last two in quotes)",
    r"^[0-9]$": "write one digit, 0 to 9",
    r"^[^\x00-\x1f\x7f]+$": "write it on one line; it can't be empty",
    r"^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$": "write an IP address, such as 127.0.0.1",
    r"^[A-Za-z0-9_.~-]{8,128}$": "write 8 to 128 letters, digits and . _ ~ -",
    r"^[a-z0-9]{2,10}$": "write a codec's name, such as alaw, ulaw or g722",
    DATABASE_URL: "begin with sqlite:/// or postgresql://",
}


def validate(
    document: Document, schema: type[Schema], *, hide_values: bool = False
) -> tuple[Schema | None, list[Problem]]:
    """The file's value (None where nothing sound remains) and all its problems. Never raises.

    With `hide_values` no problem quotes what was written: for files of passwords.
    """
    problems: list[Problem] = []
    data = document.data
    for round_number in range(ROUNDS_MAX):
        try:
            return schema.model_validate(data), problems
        except ValidationError as error:
            details = error.errors(include_url=False)
        if round_number == 0:  # later ones are consequences of what was cut out
            data = deepcopy(data)
            problems = [_explain(document, schema, detail, hide_values) for detail in details]
        # Deepest and last first, so that cutting one does not move another.
        places = {_place(document, detail["loc"]) for detail in details}
        if () in places:
            break
        for place in sorted(places, key=lambda p: (len(p), [(isinstance(s, int), s) for s in p]), reverse=True):
            _cut(data, place)
    return None, problems


def _place(document: Document, loc: Sequence[str | int]) -> Place:
    """The written place of an error: pydantic's path without the names of union members and key marks."""
    place: Place = ()
    for step in loc:
        if (*place, step) in document.places.values:
            place = (*place, step)
    return place


def _cut(data: Any, place: Place) -> None:
    for step in place[:-1]:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return  # cut out already, with what held it
    last = place[-1]
    if isinstance(data, dict):
        data.pop(last, None)
    elif isinstance(data, list) and isinstance(last, int) and last < len(data):
        del data[last]


def _explain(document: Document, schema: type[BaseModel], detail: ErrorDetails, hide_value: bool) -> Problem:
    loc, kind, context = detail["loc"], detail["type"], detail.get("ctx", {})
    place = _place(document, loc)
    shown = "what is written" if hide_value else _shown(detail["input"])
    if kind == "extra_forbidden":
        known = _fields_at(schema, loc[:-1])
        return document.problem(place, f"unknown setting '{loc[-1]}'", did_you_mean(str(loc[-1]), known), at_key=True)
    if kind == "missing":
        where = f" of '{place[-1]}'" if place else ""
        return document.problem(place, f"'{loc[-1]}'{where} is missing", f"add '{loc[-1]}: ...'", at_key=True)
    if loc and loc[-1] == "[key]":
        message, suggestion = _say(kind, context, detail, shown)
        return document.problem(place, f"the name before the colon {message}", suggestion, at_key=True)
    if kind == "union_tag_not_found":
        return document.problem(place, f"'{place[-1]}' has no type", "add 'type: ...'", at_key=True)
    if kind == "union_tag_invalid":
        tags = [tag.strip().strip("'") for tag in str(context["expected_tags"]).split(",")]
        return document.problem(
            (*place, "type"), f"unknown type '{context['tag']}'", did_you_mean(str(context["tag"]), tags)
        )
    message, suggestion = _say(kind, context, detail, shown)
    name = next((step for step in reversed(place) if isinstance(step, str)), None)
    return document.problem(place, f"'{name}' {message}" if name else f"the file {message}", suggestion)


def _say(kind: str, context: Mapping[str, Any], detail: ErrorDetails, shown: str) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        return f"can't be {shown}", _PATTERNS.get(context["pattern"], "some of its characters are not allowed here")
    if kind == "literal_error":
        known = [word.strip().strip("'") for word in str(context["expected"]).replace(" or ", ",").split(",")]
        return f"can't be {shown}", did_you_mean(str(detail["input"]), known)
    if kind in _SAID:
        said, suggestion = _SAID[kind]
        return said(context, shown), suggestion
    return f"is not right: {detail['msg']}", ""


_Say = Callable[[Mapping[str, Any], str], str]
_DIGITS = "write digits without quotes and without a unit"
_NUMBER: tuple[_Say, str] = (lambda _, v: f"must be a number, not {v}", _DIGITS)
_WHOLE: tuple[_Say, str] = (lambda _, v: f"must be a whole number, not {v}", _DIGITS)
_LIST: tuple[_Say, str] = (lambda _, v: f"must be a list, not {v}", "write [one, two], or a line '- one' for each")
_MAPPING: tuple[_Say, str] = (
    lambda _, v: f"must be a group of 'name: value' lines, not {v}", "indent them under it, one a line",
)  # fmt: skip
_SAID: Mapping[str, tuple[_Say, str]] = {
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": (lambda _, v: f"must be true or false, not {v}", ""),
    "string_type": (lambda _, v: f"must be text, not {v}", "put it in quotes"),
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "greater_than": (lambda c, v: f"must be more than {c['gt']:g}, it is {v}", ""),
    "greater_than_equal": (lambda c, v: f"must be at least {c['ge']:g}, it is {v}", ""),
    "less_than": (lambda c, v: f"must be less than {c['lt']:g}, it is {v}", ""),
    "less_than_equal": (lambda c, v: f"must be at most {c['le']:g}, it is {v}", ""),
    "string_too_long": (lambda c, _: f"is longer than {c['max_length']} characters", "shorten it"),
    "too_short": (lambda c, _: f"needs at least {c['min_length']} of them", ""),
}


def _shown(value: object) -> str:
    """A value as it stands in the file, short."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, WrittenInteger):
        return value.text
    if isinstance(value, dict):
        return "a group of 'name: value' lines"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    return f"'{text[:40]}...'" if len(text) > 40 else f"'{text}'" if isinstance(value, str) else text


def _fields_at(annotation: Any, loc: Sequence[str | int]) -> list[str]:
    """The settings that are known at `loc` of a schema, for a suggestion; none where that can't be told."""
    here = [annotation]
    for step in loc:
        here = [inner for outer in here for inner in _step(outer, step)]
    return [name for model in here for name in _fields(model)]


def _fields(annotation: Any) -> list[str]:
    return list(annotation.model_fields) if _is_model(annotation) else []


def _step(annotation: Any, step: str | int) -> list[Any]:
    """What may stand below `annotation` after one step of an error's path."""
    if _is_model(annotation):
        field = annotation.model_fields.get(str(step))
        return _members(field.annotation) if field else [annotation]
    if get_origin(annotation) in (dict, list):
        return _members(get_args(annotation)[-1])
    return []


def _members(annotation: Any) -> list[Any]:
    """An annotation, or the members of a union, without `Annotated`."""
    if hasattr(annotation, "__metadata__"):
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (dict, list) or isinstance(annotation, type):
        return [annotation]
    return [member for part in get_args(annotation) for member in _members(part)]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
