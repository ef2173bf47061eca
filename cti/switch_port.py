"""The running switch, as much of it as the web needs."""

from collections.abc import Callable
from typing import Protocol

from acd.core.commands import Reply
from acd.core.events import AgentEvent
from acd.core.view import SwitchView
from acd.health import Health


class SwitchPort(Protocol):
    def view(self) -> SwitchView: ...

    def health(self) -> Health: ...

    async def ask(self, make: Callable[[str], AgentEvent], deadline_s: float) -> Reply:
        """Put the event that `make(request_id)` builds to the engine and wait for its reply.

        Raises TimeoutError when no reply came by the deadline, SwitchStopped when the switch takes no requests.
        """
