"""Ports for servers: outside the range from which the system gives ports to connections, of which a drill makes
many."""

import random
import socket

FIRST, LAST = 20000, 31999


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Ports that were free a moment ago for UDP and TCP alike."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randint(FIRST, LAST)
        if _is_free(host, port, socket.SOCK_DGRAM) and _is_free(host, port, socket.SOCK_STREAM):
            found.add(port)
    return list(found)


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
