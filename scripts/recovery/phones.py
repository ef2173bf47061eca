"""The phones and callers of the recovery benchmark, as sipp scenarios."""

import re
from pathlib import Path

from scripts.softphones.sipp import SCENARIOS

PHONES = Path(__file__).with_name("phones.xml")
PREFIX = "1390000"
_SOUND = re.compile(r"<nop>\s*<action>\s*<exec rtp_stream=[^>]*/>\s*</action>\s*</nop>")


def numbered_callers(folder: Path, *, silent: bool = False) -> Path:
    """`caller_stays`, each caller with a number of their own (`number_of`); `silent`: they send no sound."""
    text = (SCENARIOS / "caller_stays.xml").read_text(encoding="utf-8")
    text = text.replace("[caller]", f"<sip:{PREFIX}[call_number]@[local_ip]>")
    if silent:
        text = _SOUND.sub("", text).replace("[rtpstream_audio_port]", "[media_port]")
    path = folder / "numbered_callers.xml"
    path.write_text(text, encoding="utf-8")
    return path


def number_of(call: int) -> str:
    """The caller's number; sipp counts calls from 1."""
    return f"{PREFIX}{call}"
