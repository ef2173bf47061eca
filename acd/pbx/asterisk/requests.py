"""The requests of one connection that wait for their answer.

An entry is removed by its answer, by the end of its list, by its deadline or by the connection's end:
whichever comes first. So nothing leaks, and what comes later finds no entry and passes by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from acd.pbx.asterisk.errors import AmiBusy, AmiError, AmiTimeout
from acd.pbx.asterisk.message import Message, Response

Observe = Callable[[str, float], None]


class _Request:
    __slots__ = ("action", "answer", "future", "items", "sent_at", "timer")

    def __init__(
        self, action: str, future: asyncio.Future[Response], timer: asyncio.TimerHandle, sent_at: float
    ) -> None:
        self.action = action
        self.future = future
        self.timer = timer
        self.sent_at = sent_at
        self.answer: Message | None = None
        self.items: list[Message] = []


class Requests:
    """`lists_open` tells the reader whether an event can belong to a list at all."""

    def __init__(self, loop: asyncio.AbstractEventLoop, id_prefix: str, list_events_max: int, observe: Observe) -> None:
        self._loop = loop
        self._id_prefix = id_prefix
        self._list_events_max = list_events_max
        self._observe = observe
        self._count = 0
        self._open: dict[str, _Request] = {}
        self.lists_open = 0
        self.late_answers = 0
        self.timeouts = 0

    def __len__(self) -> int:
        return len(self._open)

    def next_id(self) -> str:
        self._count += 1
        return f"{self._id_prefix}{self._count}"

    def add(self, action_id: str, action: str, deadline_s: float) -> asyncio.Future[Response]:
        future: asyncio.Future[Response] = self._loop.create_future()
        timer = self._loop.call_later(deadline_s, self._expire, action_id, deadline_s)
        self._open[action_id] = _Request(action, future, timer, self._loop.time())
        return future

    def answered(self, message: Message) -> None:
        """A `Response:` message: it ends its request, or begins its list."""
        action_id = message.get("ActionID", "")
        request = self._open.get(action_id)
        if request is None or request.answer is not None:
            self.late_answers += 1
            return
        self._observe(request.action, self._loop.time() - request.sent_at)
        if message.get("EventList", "").lower() == "start" and message.get("Response") == "Success":
            request.answer = message
            self.lists_open += 1
        else:
            self._finish(action_id, Response(message))

    def collected(self, event: Message) -> bool:
        """True if the event is an item, or the end, of a list that somebody waits for."""
        action_id = event.get("ActionID", "")
        request = self._open.get(action_id)
        if request is None or request.answer is None:
            return False
        ending = event.get("EventList", "").lower()
        if ending == "complete":
            self._finish(action_id, Response(request.answer, request.items))
        elif ending == "cancelled":
            self.fail(action_id, AmiError(f"Asterisk gave up the list of {request.action}"))
        else:
            request.items.append(event)
            if len(request.items) > self._list_events_max:
                text = f"{request.action} gave more than {self._list_events_max} items: ask for fewer"
                self.fail(action_id, AmiBusy(text))
        return True

    def fail(self, action_id: str, error: AmiError) -> None:
        request = self._remove(action_id)
        if request is not None and not request.future.done():
            request.future.set_exception(error)
            # A caller who doesn't wait for the answer isn't told of it a second time by the event loop.
            request.future.exception()

    def fail_all(self, error: AmiError) -> None:
        for action_id in tuple(self._open):
            self.fail(action_id, error)

    def _finish(self, action_id: str, response: Response) -> None:
        request = self._remove(action_id)
        if request is not None and not request.future.done():
            request.future.set_result(response)

    def _expire(self, action_id: str, deadline_s: float) -> None:
        self.timeouts += 1
        request = self._open[action_id]
        self.fail(action_id, AmiTimeout(f"no answer to {request.action} within {deadline_s:g} s"))

    def _remove(self, action_id: str) -> _Request | None:
        request = self._open.pop(action_id, None)
        if request is not None:
            request.timer.cancel()
            self.lists_open -= request.answer is not None
        return request
