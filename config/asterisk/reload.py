"""Which of Asterisk's modules read a changed file again, and which changes wait for a restart."""

from collections.abc import Iterable

# Calls in progress are not touched by any of these. Transports, ports and the order in which endpoints are
# recognised stay as they were when Asterisk started.
_READ_BY = {
    "pjsip.conf": "res_pjsip.so",
    "queues.conf": "app_queue.so",
    "extensions.conf": "pbx_config.so",
    "musiconhold.conf": "res_musiconhold.so",
    "confbridge.conf": "app_confbridge.so",
    "manager.conf": "manager",
    "indications.conf": "indications",
}


def reloads(changed: Iterable[str]) -> tuple[str, ...]:
    """The `Module` of each AMI `Reload` that makes the changed files count, the dialplan before those it leads to."""
    names = set(changed)
    first = ["extensions.conf", "musiconhold.conf"]
    order = [*first, *(name for name in _READ_BY if name not in first)]
    return tuple(_READ_BY[name] for name in order if name in names)


def restarts(changed: Iterable[str]) -> tuple[str, ...]:
    """The changed files that only a restart makes count."""
    return tuple(sorted(name for name in changed if name not in _READ_BY))
