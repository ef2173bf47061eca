"""Free ports for programs that are started in a moment."""

import random
import socket

# Below those that the system gives to connections, of which tests and benchmarks make many.
FIRST, LAST = 20000, 31998


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """Even ports that were free a moment ago for UDP and TCP alike, each with its odd neighbour (RTCP)."""
    found: set[int] = set()
    while len(found) < count:
        port = random.randrange(FIRST, LAST, 2)
        if all(_is_free(host, *one) for one in _sockets_of(port)):
            found.add(port)
    return list(found)


def _sockets_of(port: int) -> tuple[tuple[int, socket.SocketKind], ...]:
    return (port, socket.SOCK_DGRAM), (port, socket.SOCK_STREAM), (port + 1, socket.SOCK_DGRAM)


def _is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
