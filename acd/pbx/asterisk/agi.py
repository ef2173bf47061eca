"""AsyncAGI: commands to a channel that waits in `AGI(agi:async)`, and their results.

A command is sent by the AMI action `AGI` with a `CommandID` of the link's own. The action's answer says only
that the command was queued; its result comes later in an `AsyncAGIExec` event that carries the command's id
(and no ActionID). If the channel leaves AsyncAGI or hangs up first, no result ever comes.

Source: Asterisk `res/res_agi.c`. A result longer than 1,024 bytes is cut there, and its rest comes at the
head of the next command's result, which is then `unreadable`: read long variables by `Getvar`, not by AGI.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote

from acd.pbx.asterisk.errors import AgiFailed, AmiError, AmiTimeout
from acd.pbx.asterisk.message import Message, Response

AGI_EVENTS = frozenset({"AsyncAGIExec", "AsyncAGIEnd", "Hangup"})
"""The events without which a command can't come to its end."""

_RESULT = re.compile(r"200 result=(\S*)(?: \((.*)\))?(?: endpos=(-?\d+))?\n?", re.DOTALL)
_CUT_RESULT = re.compile(r"200 result=(\S*) \((.*)", re.DOTALL)
_REFUSAL = re.compile(r"([1-9]\d\d)[ -](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class AgiResult:
    """`200 result=<result> (<data>) endpos=<endpos>`.

    `code` other than 200: 510 no such command, 511 not on a dead channel, 520 wrong usage; `data` is then
    the text. `data` is None without a parenthesised part; `truncated` if Asterisk cut it. A result of "-1"
    is most commands' way to say that they failed or the caller left; what it means is the command's.
    """

    code: int
    result: str
    data: str | None = None
    endpos: int | None = None
    truncated: bool = False

    @property
    def ok(self) -> bool:
        return self.code == 200


def parse_agi_result(text: str) -> AgiResult:
    """A result as an AGI command writes it. Raises ValueError if it isn't of AGI's form."""
    found = _RESULT.fullmatch(text)
    if found:
        result, data, endpos = found.groups()
        return AgiResult(200, result, data, None if endpos is None else int(endpos))
    found = _CUT_RESULT.fullmatch(text)
    if found:
        return AgiResult(200, found[1], found[2], truncated=True)
    found = _REFUSAL.fullmatch(text)
    if found and found[1] != "200":
        return AgiResult(int(found[1]), "", found[2].strip())
    raise ValueError(f"not an AGI result ({len(text)} characters)")


def quote_agi_argument(text: str) -> str:
    """One argument of an AGI command, quoted so that spaces, quotes and backslashes stay inside it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Command:
    __slots__ = ("channel", "future", "timer")

    def __init__(self, channel: str, future: asyncio.Future[AgiResult], timer: asyncio.TimerHandle) -> None:
        self.channel = channel
        self.future = future
        self.timer = timer


Send = Callable[[list[tuple[str, str]], float], "asyncio.Future[Response]"]


class AgiCommands:
    """The commands of one connection that have no result yet."""

    def __init__(self, loop: asyncio.AbstractEventLoop, id_prefix: str, send: Send) -> None:
        self._loop = loop
        self._id_prefix = id_prefix
        self._send = send
        self._count = 0
        self._open: dict[str, _Command] = {}
        self._by_channel: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def begin(self, channel: str, command: str, deadline_s: float) -> asyncio.Future[AgiResult]:
        """Send the command now. Raises ValueError for what may not be sent."""
        self._count += 1
        command_id = f"{self._id_prefix}agi-{self._count}"
        answer = self._send(
            [("Action", "AGI"), ("Channel", channel), ("Command", command), ("CommandID", command_id)], deadline_s
        )
        future: asyncio.Future[AgiResult] = self._loop.create_future()
        timer = self._loop.call_later(deadline_s, self._expire, command_id, deadline_s)
        self._open[command_id] = _Command(channel, future, timer)
        self._by_channel.setdefault(channel, set()).add(command_id)
        answer.add_done_callback(partial(self._answered, command_id))
        return future

    def take(self, event: Message) -> bool:
        """True if the event was a command's result and nobody else's business."""
        if event.name == "AsyncAGIExec":
            return self._executed(event)
        channel = event.get("Channel", "")
        for command_id in tuple(self._by_channel.get(channel, ())):
            if event.name == "Hangup":
                self._fail(command_id, AgiFailed("hung_up", "the channel hung up before the command's result"))
            else:
                self._fail(command_id, AgiFailed("ended", "the channel left AsyncAGI before the command's result"))
        return False

    def fail_all(self, error: AmiError) -> None:
        for command_id in tuple(self._open):
            self._fail(command_id, error)

    def _executed(self, event: Message) -> bool:
        # Asterisk writes CommandId, its documentation CommandID.
        command_id = event.get("CommandId") or event.get("CommandID") or ""
        command = self._remove(command_id)
        if command is None:
            return False
        if not command.future.done():
            try:
                result = parse_agi_result(unquote(event.get("Result", ""), errors="replace"))
            except ValueError as problem:
                _set_error(command.future, AgiFailed("unreadable", str(problem)))
            else:
                command.future.set_result(result)
        return True

    def _answered(self, command_id: str, answer: asyncio.Future[Response]) -> None:
        if answer.cancelled():
            return
        error = answer.exception()
        if isinstance(error, AmiError):
            self._fail(command_id, error)
        elif error is None and not answer.result().ok:
            self._fail(command_id, AgiFailed("refused", answer.result().message))

    def _expire(self, command_id: str, deadline_s: float) -> None:
        self._fail(command_id, AmiTimeout(f"the AGI command had no result within {deadline_s:g} s"))

    def _fail(self, command_id: str, error: AmiError) -> None:
        command = self._remove(command_id)
        if command is not None:
            _set_error(command.future, error)

    def _remove(self, command_id: str) -> _Command | None:
        command = self._open.pop(command_id, None)
        if command is not None:
            command.timer.cancel()
            siblings = self._by_channel[command.channel]
            siblings.discard(command_id)
            if not siblings:
                del self._by_channel[command.channel]
        return command


def _set_error(future: asyncio.Future[AgiResult], error: AmiError) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # a caller who doesn't wait for the result isn't told of it a second time
