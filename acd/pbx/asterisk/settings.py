"""Settings of one AMI link."""

from __future__ import annotations

import ssl as ssl_module
from dataclasses import dataclass, field
from math import isfinite

from acd.pbx.asterisk.action import encode_action


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiSettings:
    """Where Asterisk's manager listens, who we are there, and every bound the link keeps.

    `events` is the Login action's mask (`on`, `off` or classes such as `call,user,agi,system`).
    `filters` are patterns of the `Filter` action, sent after each login; a user without
    `write=system` may not send them and has them in manager.conf instead (the link then warns and goes on).
    A silence of `late_after_s`, and of one and a half pings at least, that ends before `dead_after_s` makes the link
    begin anew, too: events that were held up on the way would be taken for new ones; what is read anew tells the times.
    With `boot_wait_s` > 0 the link is up only when Asterisk says it is fully booted (the AMI answers
    before the modules are loaded), or when that time has passed; it needs `read=system`.
    Raises ValueError for values that could not work.
    """

    username: str
    secret: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 5038
    ssl: ssl_module.SSLContext | None = None
    events: str = "on"
    filters: tuple[str, ...] = ()
    connect_deadline_s: float = 5.0
    login_deadline_s: float = 5.0
    boot_wait_s: float = 10.0
    request_deadline_s: float = 5.0
    ping_every_s: float = 2.0
    dead_after_s: float = 6.0
    late_after_s: float = 4.0
    retry_s_first: float = 0.2
    retry_s_max: float = 5.0
    refused_retry_s: float = 30.0
    stable_after_s: float = 10.0
    message_bytes_max: int = 1 << 20
    write_buffer_bytes_max: int = 4 << 20
    list_events_max: int = 100_000

    def __post_init__(self) -> None:
        for name in (
            "connect_deadline_s", "login_deadline_s", "request_deadline_s", "ping_every_s", "dead_after_s",
            "late_after_s", "retry_s_first", "retry_s_max", "refused_retry_s", "message_bytes_max",
            "write_buffer_bytes_max", "list_events_max",
        ):  # fmt: skip
            value = getattr(self, name)
            if not isfinite(value) or value <= 0:
                raise ValueError(f"AMI setting {name} is {value}: give a number above 0")
        if not isfinite(self.boot_wait_s) or self.boot_wait_s < 0:
            raise ValueError(f"AMI setting boot_wait_s is {self.boot_wait_s}: give 0 or more")
        if self.dead_after_s < self.ping_every_s:
            raise ValueError("AMI setting dead_after_s is below ping_every_s: a ping could never be answered")
        # A line break in a secret would otherwise be found in the middle of a login.
        encode_action([("Action", "Login"), ("Username", self.username), ("Secret", self.secret)], "0")
        for pattern in self.filters:
            encode_action([("Action", "Filter"), ("Filter", pattern)], "0")

    @property
    def on_loopback(self) -> bool:
        return self.host == "localhost" or self.host == "::1" or self.host.startswith("127.")

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"
