"""Settings -> the files of Asterisk's configuration folder: pure, but for `write`."""

import os
import re
import tempfile
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from config.asterisk.modules import chosen
from config.asterisk.program import PbxUnusableError
from config.asterisk.settings import PbxSettings

# What the switch is told; the rest of Asterisk's events never leaves it. Lists that answer an action are not held back.
EVENTS = (
    *("Newchannel", "Hangup", "HangupRequest", "SoftHangupRequest"),
    *("DialBegin", "DialState", "DialEnd", "BridgeEnter", "BridgeLeave", "Hold", "Unhold"),
    *("AttendedTransfer", "BlindTransfer"),
    *("UserEvent", "AsyncAGIStart", "AsyncAGIExec", "AsyncAGIEnd"),
    *("DeviceStateChange", "ContactStatus", "FullyBooted", "Shutdown"),
    "OriginateResponse",
)
FEATURE_CODES = ("*11", "*12", "*13", "_*13X", "*14", "*15", "*16", "*19")


def _host(uri: str) -> str:
    """sip:user@carrier.example:5060;transport=tcp -> carrier.example"""
    return re.sub(r"^(sips?:)?([^@]*@)?([^:;?]*).*$", r"\3", uri)


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("config.asterisk", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["host"] = _host
    return environment


def render(settings: PbxSettings) -> dict[str, str]:
    """The text of every file of the configuration folder by its name, the same for the same settings."""
    environment = _environment()
    required, optional = chosen(settings)
    values = {
        "s": settings,
        "events": EVENTS,
        "feature_codes": FEATURE_CODES,
        "required": required,
        "optional": optional,
        "queue_ids": [queue.queue_id for queue in settings.queues],
    }
    return {
        name.removesuffix(".j2"): environment.get_template(name).render(values)
        for name in environment.list_templates(extensions=["j2"])
    }


def write(settings: PbxSettings) -> tuple[str, ...]:
    """Make the instance's folders and put the configuration in them, each file whole and readable by its owner
    alone. Returns the names of the files that changed. Raises PbxUnusableError, OSError."""
    for music in settings.music:
        if not any(path.is_file() for path in music.directory.glob("*.*")):
            raise PbxUnusableError(f"no sound file in {music.directory}: make the prompts and music first")
    home = settings.home
    for part in ("etc", "run", "log", "spool/monitor", "spool/outgoing", "spool/tmp", "lib/keys", "data"):
        (home / part).mkdir(parents=True, exist_ok=True, mode=0o700)
    _link(home / "data" / "sounds", settings.sounds)
    if settings.program.documentation is not None:
        _link(home / "data" / "documentation", settings.program.documentation)
    changed = [name for name, text in render(settings).items() if _replace(home / "etc" / name, text)]
    return tuple(sorted(changed))


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and link.readlink() != target:
        link.unlink()
    if not link.is_symlink():
        link.symlink_to(target)


def _replace(path: Path, text: str) -> bool:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        file.write(text)
    os.replace(file.name, path)  # made with mode 0600
    return True
