"""The port to a PBX. Two implement it, Asterisk and the simulated one, and both pass the same contract tests."""

from collections.abc import Callable
from typing import Protocol

from acd.core.commands import Command
from acd.core.events import Event

Post = Callable[[Event], None]
"""Where a PBX puts its events: the runtime's inbox."""


class Pbx(Protocol):
    def perform(self, command: Command) -> None:
        """Begin to carry out the command and return at once. What becomes of it is posted as events.

        Commands of one call are carried out in the order given. Never raises for what the PBX refuses.
        """
