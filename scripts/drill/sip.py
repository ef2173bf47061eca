"""SIP messages (RFC 3261) as far as callers and phones of a drill need them: read and written, nothing sent. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TAG = re.compile(r";tag=([^;>\s]+)")
_USER = re.compile(r"sips?:([^@;>]+)@")
_URI = re.compile(r"<(sips?:[^>]+)>")
_AUDIO = re.compile(r"^m=audio (\d+) ", re.M)
_ADDRESS = re.compile(r"^c=IN IP4 (\S+)", re.M)
SHORT_NAMES = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}

Headers = Sequence[tuple[str, str]]


class NotSip(ValueError):  # noqa: N818 - said as a fact
    pass


@dataclass(frozen=True)
class SipMessage:
    """A request or response; header names in lower case, in order."""

    start_line: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    def __getitem__(self, name: str) -> str:
        return next((value for known, value in self.headers if known == name), "")

    def all(self, name: str) -> list[tuple[str, str]]:
        return [header for header in self.headers if header[0] == name]

    @property
    def method(self) -> str:
        """Of a request; "" for a response."""
        return "" if self.start_line.startswith("SIP/2.0 ") else self.start_line.split(" ", 1)[0]

    @property
    def status(self) -> int:
        """Of a response; 0 for a request."""
        return int(self.start_line.split(" ")[1]) if self.start_line.startswith("SIP/2.0 ") else 0

    @property
    def answers_method(self) -> str:
        return self["cseq"].rpartition(" ")[2]

    @property
    def audio(self) -> tuple[str, int] | None:
        """Where the other side wants the sound."""
        address, port = _ADDRESS.search(self.body), _AUDIO.search(self.body)
        return (address[1], int(port[1])) if address and port else None

    @property
    def contact(self) -> str:
        found = _URI.search(self["contact"])
        return found[1] if found else ""


def read(data: bytes) -> SipMessage:
    """Raises NotSip."""
    head, _, body = data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    start_line, *lines = head.split("\n")
    if "SIP/2.0" not in start_line:
        raise NotSip(start_line[:60])
    headers = []
    for line in lines:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        headers.append((SHORT_NAMES.get(name, name), value.strip()))
    return SipMessage(start_line, tuple(headers), body)


def write(start_line: str, headers: Headers, body: str = "") -> bytes:
    lines = [start_line, *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append("Content-Type: application/sdp")
    lines += [f"Content-Length: {len(body.encode())}", "", body]
    return "\r\n".join(lines).encode()


def response(request: SipMessage, status: int, words: str, tag: str, more: Headers = (), body: str = "") -> bytes:
    """The answer to `request`; `tag` is put on To where there is none yet."""
    to = request["to"]
    headers = [*request.all("via"), ("From", request["from"]), ("To", to if tag_of(to) else f"{to};tag={tag}"),
               ("Call-ID", request["call-id"]), ("CSeq", request["cseq"]), *more]  # fmt: skip
    return write(f"SIP/2.0 {status} {words}", headers, body)


def sdp(host: str, port: int) -> str:
    lines = ["v=0", f"o=- 1 1 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", "t=0 0", f"m=audio {port} RTP/AVP 8",
             "a=rtpmap:8 PCMA/8000", "a=ptime:20", "a=sendrecv", ""]  # fmt: skip
    return "\r\n".join(lines)


def tag_of(header: str) -> str:
    found = _TAG.search(header)
    return found[1] if found else ""


def user_of(text: str) -> str:
    """`<sip:1001@host>` -> `1001`."""
    found = _USER.search(text)
    return found[1] if found else ""
