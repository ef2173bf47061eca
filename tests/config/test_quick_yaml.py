"""The quick reader reads what it reads exactly as the full parser does, and leaves the rest to it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.document import DEPTH_MAX, Places, _plain_value, _read_fully, parse_document
from config.quick_yaml import NotOrdinaryError, read_data, read_places
from scripts.large_site import Size, write_large_site
from tests.config.folder import SHIPPED
from tests.config.test_loader import PIECES

TEXTS = [
    "a: 1\nb: [x, 'y', \"z\"]\nc:\n  - d: 0571\n    e: -2.5\n  - f\n",
    "a:\n- 1\n- 2\nb: \"x\\ty\\n\"\n'q': plain text with spaces\n  continued\n",
    "a:\nb: ~\nc: {d: 1, 'e f': [1, 2, {g: h}]}\n",
    "# comment\na: 'multi\n  line'   # more\n\n\nb: \"multi\n  line\"\n",
    "话务员: {名: 张敏, 级: 80}\r\nb: yes\r\n",
    "--- \na: 1e3\n",
    "a: |\n  b\n   c\n\n  d\ne: >-\n  f\n  g\n\n  h\n# i\nj: [k]\n",
    "- a\n- [b, c: d]\n-\n  - e\n",
]
NOT_ORDINARY = {
    "a reference": "a: &x 1\nb: *x\n",
    "a tag": "a: !!str 1\n",
    "a tag on a group": "a: !x {b: 1}\n",
    "a name given twice": "a: 1\na: 2\n",
    "values from elsewhere": "a: 1\n<<: {b: 2}\n",
    "a lone equals sign": "a: =\n",
    "a group as a name": "? {a: 1}\n: b\n",
    "a list as a name": "? [a]\n: b\n",
    "an empty name": ": 1\n",
    "an empty value in brackets": "{a: , b: 1}\n",
    "a name without a colon": "? a\n",
    "a block text with its indent": "a: |1\n  b\n",
    "a block text that keeps empty lines": "a: |+\n  b\n\n",
    "a block text with a comment": "a: |  # c\n  b\n",
    "a block text that begins with empty lines": "a: >-\n\n  b\n",
    "a block text that begins like a comment": "a: >-\n  # b\n",
    "nothing but a block text": ">-\n  b\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "an end mark": "a: 1\n...\n",
    "a directive": "%YAML 1.1\n---\na: yes\n",
    "nothing": "",
    "only a comment": "# a\n",
    "an error": "a: [1\n",
    "too deep": "[" * DEPTH_MAX + "]" * DEPTH_MAX,
}


def _quickly(text: str) -> tuple[Any, Places]:
    data = read_data(text, _plain_value, DEPTH_MAX)
    return data, Places(*read_places(text))


def _exact(data: Any) -> Any:
    """Types, order and how numbers were written count, too."""
    if isinstance(data, dict):
        return [(key, _exact(value)) for key, value in data.items()]
    if isinstance(data, list):
        return [_exact(item) for item in data]
    return type(data).__name__, repr(data), getattr(data, "text", None)


def _assert_same(text: str) -> None:
    data, places = _quickly(text)
    full, problems = _read_fully(text, "f.yaml")
    assert problems == []
    assert _exact(data) == _exact(full.data)
    assert places == full.places


@pytest.mark.parametrize("text", [*TEXTS, *(path.read_text(encoding="utf-8") for path in SHIPPED.glob("*.yaml"))])
def test_ordinary_texts_are_read_and_as_the_full_parser_does(text: str) -> None:
    _assert_same(text)


@pytest.mark.parametrize("text", NOT_ORDINARY.values(), ids=NOT_ORDINARY.keys())
def test_what_is_not_ordinary_is_left_to_the_full_parser(text: str) -> None:
    with pytest.raises(NotOrdinaryError):
        _quickly(text)


@pytest.mark.parametrize("character", ["\t", "\r", "\x85", "\u2028", "\u2029", "\ufeff", "\x00", "\x1b", "\x9b"])
def test_rare_characters_are_left_to_the_full_parser(character: str) -> None:
    with pytest.raises(NotOrdinaryError):
        _quickly(f"a: 1 # {character} b\n")


EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), PIECES), min_size=1, max_size=3)
SHIPPED_LINES = [
    line for path in SHIPPED.glob("*.yaml") for line in path.read_text(encoding="utf-8").splitlines(keepends=True)
]


@given(start=st.integers(0, len(SHIPPED_LINES) - 1), count=st.integers(1, 12), edits=EDITS)
@settings(max_examples=300, deadline=None)
def test_edited_at_random_it_is_read_alike_or_not_at_all(
    start: int, count: int, edits: list[tuple[float, int, str]]
) -> None:
    text = "".join(SHIPPED_LINES[start : start + count])
    for share, cut, piece in edits:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + cut :]
    try:
        _quickly(text)
    except NotOrdinaryError:
        return
    _assert_same(text)


def test_an_empty_value_stands_behind_its_colon() -> None:
    for text in ("a: 1\nb:\nc: 2\n", "a:\nb:\n", "x: |\n  y\nb :  # nothing\n"):
        document, problems = parse_document(text.encode(), "f.yaml")
        line = next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith("b"))
        column = text.splitlines()[line - 1].index(":") + 2
        assert problems == []
        assert document.places.values[("b",)] == (line, column)


def test_a_file_as_large_as_any_is_ordinary(tmp_path: Path) -> None:
    write_large_site(tmp_path, Size(agents=300, queues=30))
    for path in tmp_path.glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        read_data(text, _plain_value, DEPTH_MAX)
