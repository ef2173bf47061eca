"""What Asterisk says: one message is a list of `Name: value` lines.

Header names are looked up exactly as Asterisk writes them: `event["Uniqueid"]` raises KeyError when the
header isn't there, and `event.get("Uniqueid")` gives None. Nothing is ever silently ''.
"""

from __future__ import annotations

from collections.abc import Sequence


class Message(dict[str, str]):
    """One event or answer. Of a header that comes more than once the first value is the dict's.

    The first, because Asterisk's own headers precede whatever a dialplan's `UserEvent` adds.
    Shared between readers: don't change it.
    """

    __slots__ = ("_repeated",)

    _repeated: dict[str, list[str]]

    @property
    def name(self) -> str:
        """The event's name; '' for an answer."""
        return self.get("Event", "")

    def get_all(self, header: str) -> Sequence[str]:
        """Every value of a header in order of arrival; empty when it isn't there."""
        repeated: dict[str, list[str]] | None = getattr(self, "_repeated", None)
        if repeated is not None and header in repeated:
            return repeated[header]
        value = self.get(header)
        return () if value is None else (value,)

    def variables(self, header: str = "ChanVariable") -> dict[str, str]:
        """`ChanVariable: name=value` lines (`DestChanVariable`, `Variable` likewise) as a mapping."""
        pairs = (item.partition("=") for item in self.get_all(header))
        return {name: value for name, _, value in pairs}


def parse_message(raw: bytes) -> Message:
    """A message from its bytes without the blank line that ends it.

    Never raises: bytes that aren't UTF-8 become U+FFFD, a line without a colon is skipped.
    """
    lines = raw.decode("utf-8", "replace").split("\r\n")
    message = Message()
    for line in lines:
        name, separator, value = line.partition(": ")
        if not separator:
            return _parse_slowly(lines)
        message[name] = value
    if len(message) != len(lines):  # a header that repeats
        return _parse_slowly(lines)
    return message


def _parse_slowly(lines: Sequence[str]) -> Message:
    message = Message()
    repeated: dict[str, list[str]] = {}
    for line in lines:
        name, separator, value = line.partition(": ")
        if not separator:
            name, separator, value = line.partition(":")
            if not separator:
                continue
        if name in message:
            repeated.setdefault(name, [message[name]]).append(value)
        else:
            message[name] = value
    if repeated:
        message._repeated = repeated
    return message


class Response:
    """The answer to one action.

    `ok` is Asterisk's verdict, `message` its text, `headers` the answer itself, `events` the items of a
    list without the event that completes it.
    """

    __slots__ = ("events", "headers", "message", "ok")

    def __init__(self, headers: Message, events: Sequence[Message] = ()) -> None:
        self.ok: bool = headers.get("Response") in _GOOD
        self.message: str = headers.get("Message", "")
        self.headers = headers
        self.events: Sequence[Message] = events

    def __repr__(self) -> str:
        return f"<Response ok={self.ok} message={self.message!r} events={len(self.events)}>"


_GOOD = frozenset({"Success", "Goodbye", "Follows"})
