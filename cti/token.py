"""The API's token: who can read the file may command the switch, so only its owner can."""

import contextlib
import hmac
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

TOKEN_FILE = "api-token"
URL_FILE = "api-url"


def make_token() -> str:
    return secrets.token_urlsafe(32)


def tokens_match(given: str, wanted: str) -> bool:
    """Compare in a time that does not tell how much of the token was right."""
    return hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode())


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API of a running switch is and the token it wants, as left in its state folder."""

    url: str
    token: str

    def publish(self, state: Path) -> None:
        """Leave it in `state` for the command line. Do so once the address is listened on, not before."""
        state.mkdir(parents=True, exist_ok=True)
        _write_private(state / TOKEN_FILE, self.token + "\n")
        _write_private(state / URL_FILE, self.url + "\n")

    def withdraw(self, state: Path) -> None:
        """Take it away at the end, unless another switch has since put its own there."""
        with contextlib.suppress(OSError):
            if (state / TOKEN_FILE).read_text().strip() == self.token:
                (state / URL_FILE).unlink(missing_ok=True)
                (state / TOKEN_FILE).unlink(missing_ok=True)


def _write_private(path: Path, text: str) -> None:
    """Replace the file in one step, so that nobody reads half of it or sees it with another's permissions."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    with contextlib.suppress(FileNotFoundError):
        draft.unlink()
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    os.replace(draft, path)
