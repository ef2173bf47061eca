"""Actions as bytes: what may be sent to Asterisk, and nothing that could be read as something else.

Asterisk reads actions line by line (`main/manager.c`, `get_input` and `do_message`): a line break inside a
value would begin a header, or a whole action, of the value's choosing. So a value that holds one is refused
here, at the only place where actions become bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Action = Mapping[str, str] | Sequence[tuple[str, str]]
"""Header names and values; a sequence of pairs where a header repeats (`Variable: a=1`, `Variable: b=2`)."""

LINE_BYTES_MAX = 1000
"""Asterisk's own limit is 1,024 with the line's end; a longer line makes it drop the whole action."""

HEADERS_MAX = 128
"""Asterisk ignores what comes after the 128th header (`AST_MAX_MANHEADERS`)."""


def encode_action(action: Action, action_id: str) -> bytes:
    """The bytes of one action, with the link's own `ActionID` as its second header.

    Raises ValueError (naming the header, never its value) if a name or value holds CR, LF or NUL, isn't
    text, a line is over 1,000 bytes, there are over 128 headers, or there isn't exactly one `Action`.
    """
    pairs = list(action.items() if isinstance(action, Mapping) else action)
    if len(pairs) + 1 > HEADERS_MAX:
        raise ValueError(f"an action has {len(pairs) + 1} headers, Asterisk reads {HEADERS_MAX}: send fewer")
    lines = [_line(name, value) for name, value in pairs]
    _check_names(name.lower() for name, _ in pairs)
    lines.insert(1, b"ActionID: " + action_id.encode("ascii"))
    return b"\r\n".join(lines) + b"\r\n\r\n"


def action_name(action: Action) -> str:
    """The value of the `Action` header; '' when there is none (`encode_action` refuses that)."""
    for name, value in action.items() if isinstance(action, Mapping) else action:
        if name == "Action" or name.lower() == "action":
            return value
    return ""


def _line(name: str, value: str) -> bytes:
    if not isinstance(value, str):
        raise ValueError(f"header {name!r} has a value of type {type(value).__name__}: give text")
    line = f"{name}: {value}"
    if "\r" in line or "\n" in line or "\0" in line:
        raise ValueError(f"header {name!r} holds a line break or NUL, which would begin another action: strip it")
    if not name or ":" in name:
        raise ValueError(f"{name!r} can't be the name of a header: give one without a colon")
    try:
        encoded = line.encode()
    except UnicodeEncodeError:
        raise ValueError(f"header {name!r} holds half a surrogate pair: give whole characters") from None
    if len(encoded) > LINE_BYTES_MAX:
        raise ValueError(
            f"header {name!r} makes a line of {len(encoded)} bytes, Asterisk takes {LINE_BYTES_MAX}: shorten it"
        )
    return encoded


def _check_names(names: Iterable[str]) -> None:
    actions = 0
    for name in names:
        if name == "actionid":
            raise ValueError("ActionID is the link's own: leave it out")
        actions += name == "action"
    if actions != 1:
        raise ValueError(f"an action has {actions} Action headers: give exactly one")
