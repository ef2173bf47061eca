"""A client of the API for the command line: plain blocking requests, one at a time."""

import json
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydantic import ValidationError

from cti.models import AgentStatus, Answer, Problem, SwitchStatus
from cti.token import TOKEN_FILE, URL_FILE, Access


class NotReachable(Exception):  # noqa: N818 - said as a fact
    """No switch answers there; the text says where it was sought. `looked_at` names the file or URL."""

    def __init__(self, text: str, looked_at: str) -> None:
        super().__init__(text)
        self.looked_at = looked_at


class Refused(Exception):  # noqa: N818 - said as a fact
    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def find_access(state: Path, url: str | None = None) -> Access:
    """What the running switch left in its state folder; `url` overrides its address. Raises NotReachable."""
    try:
        token = (state / TOKEN_FILE).read_text(encoding="utf-8").strip()
        address = url or (state / URL_FILE).read_text(encoding="utf-8").strip()
    except FileNotFoundError as error:
        raise NotReachable(f"no switch runs with the state folder {state}", str(error.filename)) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise NotReachable(f"the token of the switch cannot be read: {reason}", str(state / TOKEN_FILE)) from error
    return Access(address, token)


class Client:
    """Raises NotReachable if no switch answers within `deadline_s`, Refused if it answers with a problem.

    `find` tells where the switch is now: one that was started again has another token, perhaps another port.
    """

    def __init__(
        self, access: Access, deadline_s: float = 10.0, find: Callable[[], Access] | None = None
    ) -> None:
        self._access = access
        self._deadline_s = deadline_s
        self._find = find

    @classmethod
    def of_state(cls, state: Path, url: str | None = None) -> "Client":
        """A client of the switch with this state folder. Raises NotReachable."""
        return cls(find_access(state, url), find=lambda: find_access(state, url))

    @property
    def url(self) -> str:
        return self._access.url

    def status(self) -> SwitchStatus:
        return SwitchStatus.model_validate(self.fetch("GET", "/api/v1/status"))

    def agent(self, agent_id: str) -> AgentStatus:
        return AgentStatus.model_validate(self.fetch("GET", f"/api/v1/agents/{quote(agent_id, safe='')}"))

    def command(self, agent_id: str, command: str, body: Mapping[str, Any] | None = None) -> Answer:
        """`command` is a path of `cti.agent_commands`, such as `not-ready`."""
        return Answer.model_validate(
            self.fetch("POST", f"/api/v1/agents/{quote(agent_id, safe='')}/{command}", body or {})
        )

    def fetch(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The answer's JSON."""
        try:
            return self._fetch(method, path, body)
        except (NotReachable, Refused) as failure:
            if isinstance(failure, Refused) and failure.problem.status != 401:
                raise
            now = self._find() if self._find else self._access
            if now == self._access:
                raise
            self._access = now
            return self._fetch(method, path, body)

    def _fetch(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        headers = {"Authorization": f"Bearer {self._access.token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            status, text = self._exchange(method, path, headers, None if body is None else json.dumps(body).encode())
            answer = json.loads(text)
        except (OSError, HTTPException, ValueError) as error:
            raise NotReachable(f"no switch answers at {self.url} ({error})", self.url) from error
        if status >= 400 and status != 503:
            raise Refused(self._read_problem(answer, status))
        if status == 503:
            problem = self._read_problem(answer, status)
            raise NotReachable(problem.detail, self.url)
        return answer

    def _exchange(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
        parts = urlsplit(self.url)
        if not parts.hostname:
            raise ValueError(f"{self.url!r} is no URL; it looks like http://127.0.0.1:8086")
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=self._deadline_s)
        try:
            connection.request(method, parts.path.rstrip("/") + path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    @staticmethod
    def _read_problem(answer: Any, status: int) -> Problem:
        try:
            return Problem.model_validate(answer)
        except ValidationError:
            return Problem(title="Error", status=status, detail="What answers there is not the switch's API.")
