"""The phones and callers of the recovery benchmark, as sipp scenarios."""

from pathlib import Path

from scripts.softphones.sipp import SCENARIOS

PHONES = Path(__file__).with_name("phones.xml")
PREFIX = "1390000"


def numbered_callers(folder: Path) -> Path:
    """`caller_stays`, each caller with a number of their own (`number_of`)."""
    text = (SCENARIOS / "caller_stays.xml").read_text(encoding="utf-8")
    text = text.replace("[caller]", f"<sip:{PREFIX}[call_number]@[local_ip]>")
    path = folder / "numbered_callers.xml"
    path.write_text(text, encoding="utf-8")
    return path


def number_of(call: int) -> str:
    """The caller's number; sipp counts calls from 1."""
    return f"{PREFIX}{call}"
