"""What a contract scenario may ask of the world around the switch, be it simulated or a real Asterisk with SIP phones.

What a person does (`hang_up`, `answer`) is begun at once and returns at once; what comes of it is waited for with
`until`. Two such calls in a row are as near to the same moment as the world can make it.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from acd.core.commands import Reply
from acd.core.events import AgentEvent
from acd.core.reports import Report
from acd.core.site import Site
from acd.core.view import SwitchView
from acd.core.words import Side


class Caller(Protocol):
    """The person who calls in. `call_id` is known from the first moment on."""

    @property
    def call_id(self) -> str: ...

    @property
    def on_line(self) -> bool:
        """The caller's own phone believes that the call lasts."""

    @property
    def ended_by(self) -> Side | None:
        """Who ended it, as the caller's side saw it: `caller`, or `system` for a BYE that came in."""

    @property
    def talking(self) -> bool:
        """The caller is connected with an agent."""

    @property
    def heard(self) -> Sequence[str]:
        """Names of the prompts played to this caller, in order (`agents/1001` is the work number)."""

    def hang_up(self) -> None: ...


class Telephone(Protocol):
    """An agent's phone and the person at it. `rings_on`, `answers_after`, `rejects` and `gives_no_sign` say how it
    takes the rings to come; a phone begins with `rings_on`."""

    @property
    def ringing(self) -> bool: ...

    @property
    def talking(self) -> bool:
        """The phone itself believes that it is in a call, whatever the PBX thinks."""

    @property
    def rung(self) -> int:
        """How many calls have come in so far."""

    def rings_on(self) -> None: ...

    def answers_after(self, answer_s: float, hang_up_s: float | None = None) -> None:
        """... and hang up `hang_up_s` later, None: not by itself."""

    def rejects(self, code: int) -> None: ...

    def gives_no_sign(self) -> None:
        """Registered, but dead to an INVITE."""

    def answer(self) -> None: ...

    def hang_up(self) -> None: ...

    def vanish(self) -> None:
        """Drop off the network without a word."""

    def unplug(self) -> None:
        """Unregister."""

    def plug_in(self) -> None:
        """Register again, after either."""


class World(Protocol):
    """`reports` are all since the scenario began."""

    @property
    def reports(self) -> Sequence[Report]: ...

    @property
    def now(self) -> float:
        """The switch's clock."""

    def view(self) -> SwitchView: ...

    async def begin(self, site: Site) -> None:
        """Put the switch to work for `site`; every agent of it has a phone that is registered and rings on."""

    async def change_site(self, site: Site) -> None: ...

    async def call(
        self, dialled: str = "10086", number: str = "13900000001", name: str = "", keys: Sequence[str] = ("0",)
    ) -> Caller:
        """Call in; `keys` are pressed one at each question ("" lets one pass). Number "" is an anonymous caller."""

    def phone(self, agent_id: str) -> Telephone: ...

    async def request(self, event: AgentEvent) -> Reply:
        """Ask for an agent; `request_id` is filled in."""

    async def until(self, condition: Callable[[], bool], within_s: float = 10.0) -> None:
        """Let time pass until `condition` holds. Raises AssertionError, with what was going on, if it does not."""

    async def pass_time(self, seconds: float) -> None:
        """Let so much time pass, for what must not happen meanwhile."""

    async def settle(self) -> None:
        """Every caller still there hangs up, every agent logs out, and all of it comes to rest."""

    def leftovers(self) -> Sequence[str]:
        """What is left on the PBX or on a phone that should not be, in words: channels, rings, dead lines, and what
        the core asked for and must not. Nothing, after `settle`."""
