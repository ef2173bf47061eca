"""Serve an aiohttp application on one address, and say clearly why if that cannot be."""

import errno
import socket

from aiohttp import web


class CannotListen(OSError):  # noqa: N818 - said as a fact
    """The address cannot be listened on; the text names the address, the reason and the remedy."""


def describe_refusal(error: OSError, host: str, port: int, what: str, option: str) -> str:
    """A sentence for a person. `option` is where the address is configured, e.g. `api.port`."""
    address = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{what} cannot listen on {address}: another program does already. "
            f"Stop it (`ss -ltnp 'sport = :{port}'` names it) or choose another port in {option}."
        )
    if error.errno == errno.EACCES:
        return f"{what} may not listen on {address}: ports below 1024 are for root. Choose a higher one in {option}."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return (
            f"{what} cannot listen on {address}: this machine does not have that address. "
            f"Use 127.0.0.1, or one of the addresses that `ip address` shows, in {option}."
        )
    return f"{what} cannot listen on {address}: {error.strerror or error}. Check {option}."


async def serve_on(app: web.Application, host: str, port: int, what: str, option: str) -> tuple[web.AppRunner, int]:
    """Start `app` on the address; port 0 takes a free one. The runner's `cleanup()` stops it.

    Returns the runner and the port. Raises CannotListen.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, host, port)
    try:
        await site.start()
    except OSError as error:
        await runner.cleanup()
        raise CannotListen(error.errno, describe_refusal(error, host, port, what, option)) from error
    return runner, int(runner.addresses[0][1])
