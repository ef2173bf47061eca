"""Passwords of phones, trunks and PBX users: made at random, kept in one file that only its owner can read.

The file is `secrets.yaml` in the state folder. What is there is kept; what is missing is made. A carrier's password
can't be made up: the operator writes it under `trunks`.
"""

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from config.asterisk.settings import Secret
from config.document import parse_document
from config.problems import ConfigurationError, Problem
from config.schema import Identifier, Part, WorkNumber
from config.validation import validate

FILE_NAME = "secrets.yaml"
AMI_USERS = ("admin", "live")
# Without characters that look alike: people type these into phones. 20 of 55 are 115 bits.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
LENGTH = 20
_HEADER = """\
# Passwords of this installation, made at random by the switch. Keep the file to yourself (mode 0600).
# agents: the SIP password of each work number; ami: the switch's own users at the PBX;
# trunks: the passwords that carriers gave you, by the trunk's name in site.yaml - these you write yourself.
"""


class SecretsFile(Part):
    """secrets.yaml."""

    ami: dict[Identifier, Secret] = Field(default_factory=dict)
    agents: dict[WorkNumber, Secret] = Field(default_factory=dict)
    trunks: dict[Identifier, Secret] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by name. `repr` shows none of them. `notices` are for the operator."""

    ami: Mapping[str, str] = field(default_factory=dict, repr=False)
    agents: Mapping[str, str] = field(default_factory=dict, repr=False)
    trunks: Mapping[str, str] = field(default_factory=dict, repr=False)
    notices: tuple[str, ...] = ()


def keep_secrets(state_dir: Path, agent_ids: Iterable[str]) -> Secrets:
    """Read the secrets, add those that are missing, write the file when it changed.

    Makes the state folder (mode 0700) when there is none. Raises ConfigurationError when the file is damaged, belongs
    to somebody else, or can't be written.
    """
    path = state_dir / FILE_NAME
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(state_dir):
            return _keep(path, agent_ids)
    except OSError as error:
        remedy = "choose a folder that can be written with --state DIR"
        raise ConfigurationError([Problem(str(path), 0, 0, f"can't be kept: {error.strerror}", remedy)]) from error


def _keep(path: Path, agent_ids: Iterable[str]) -> Secrets:
    found, notices = read_secrets(path)
    ami = {user: found.ami.get(user) or random_secret() for user in AMI_USERS}
    agents = dict(found.agents) | {a: random_secret() for a in agent_ids if a not in found.agents}
    if ami != found.ami or agents != found.agents:
        _write(path, SecretsFile(ami=ami, agents=agents, trunks=found.trunks))
    return Secrets(ami, agents, found.trunks, notices)


def random_secret() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_secrets(path: Path) -> tuple[SecretsFile, tuple[str, ...]]:
    """What the file holds (nothing, where there is none) and notices. Rights that let others read are taken away.

    Raises ConfigurationError when the file is damaged or not ours, OSError when it can't be read.
    """
    try:
        # No symbolic link: it could lead a privileged switch to write into another's file. No wait on a pipe.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return SecretsFile(), ()
    with open(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            message = "is not an ordinary file of the user who runs the switch"
            raise ConfigurationError([Problem(str(path), 0, 0, message, "move it away; a new one will be made")])
        notices: tuple[str, ...] = ()
        if loose := stat.S_IMODE(facts.st_mode) & 0o077:
            os.fchmod(file.fileno(), 0o600)
            notices = (
                f"{path}: others could read the passwords (mode {0o600 | loose:04o}), now 0600; "
                "if they may have, delete the file and the switch makes new ones",
            )
        document, problems = parse_document(file.read(), str(path))
    if document.data is None and all("empty" in problem.message for problem in problems):
        return SecretsFile(), notices
    if problems:
        raise ConfigurationError(problems)
    value, problems = validate(document, SecretsFile, hide_values=True)
    if problems or value is None:
        raise ConfigurationError(problems)
    return value, notices


def _write(path: Path, content: SecretsFile) -> None:
    """All or nothing, and never readable by others, not even for a moment (mkstemp makes files 0600)."""
    lines = [_HEADER]
    for group, members in content.model_dump().items():
        lines.append(f"{group}:" + ("" if members else " {}"))
        lines += [f"  {json.dumps(name)}: {json.dumps(members[name])}" for name in sorted(members)]
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two commands started at once must not each make passwords of their own."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
