"""What is wrong between the lines: names that lead nowhere, ports used twice, texts that are missing, dead ends.

Each check is a function from the parsed files to problems. A file that is broken as a whole is None; what was cut out
of a file for its own problem still counts as defined, so that one slip is reported once. Trees have their own module.
"""

from collections.abc import Callable, Iterator
from ipaddress import ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from acd.core.words import Reason
from config.asterisk.settings import RESERVED_NAME
from config.document import Document, Place
from config.files import Files, names
from config.problems import Problem, did_you_mean
from config.routing_checks import ROUTING_CHECKS
from config.tree_checks import check_replaced_texts, check_trees

SYSTEM_REASONS = frozenset(reason.value for reason in Reason)


def check(files: Files) -> list[Problem]:
    """All problems that the schema can't see. Never raises."""
    return [problem for one in CHECKS for problem in one(files)]


# ---- site.yaml ----


def _time_zone(files: Files) -> Iterator[Problem]:
    if files.site is None:
        return
    zone = files.site.time_zone
    try:
        ZoneInfo(zone)
    except (OSError, ValueError, ZoneInfoNotFoundError):
        known = available_timezones()
        remedy = did_you_mean(zone, known) or "write it as Asia/Shanghai"
        if not known:
            remedy = "this machine has no time zone data: apt-get install tzdata"
        yield files.site_text.problem(("time_zone",), f"the time zone '{zone}' is not known", remedy)


def _languages(files: Files) -> Iterator[Problem]:
    if files.site is None:
        return
    seen: set[str] = set()
    for index, language in enumerate(files.site.languages):
        if language in seen:
            yield files.site_text.problem(("languages", index), f"the language '{language}' is given twice")
        seen.add(language)
    for number, entry in files.site.numbers.items():
        if entry.language is not None and entry.language not in seen:
            yield files.site_text.problem(
                ("numbers", number, "language"),
                f"callers of {number} would hear '{entry.language}', which is not one of the site's languages",
                "add it to `languages`",
            )


def _numbers_lead_to_trees(files: Files) -> Iterator[Problem]:
    trees = names(files.ivr_text, ("trees",))
    if files.site is None or not trees:
        return
    for number, entry in files.site.numbers.items():
        if entry.tree not in trees:
            message = f"{number} leads to the tree '{entry.tree}', which ivr.yaml does not have"
            yield files.site_text.problem(("numbers", number, "tree"), message, did_you_mean(entry.tree, trees))


def _reasons(files: Files) -> Iterator[Problem]:
    if files.site is None:
        return
    first: dict[str, str] = {}
    for digit, reason in files.site.not_ready_reasons.items():
        place = ("not_ready_reasons", digit, "id")
        if reason.id in SYSTEM_REASONS:
            message = f"'{reason.id}' is a reason the switch gives itself"
            yield files.site_text.problem(place, message, "choose another word")
        elif reason.id in first:
            message = f"the reason '{reason.id}' is already under the digit {first[reason.id]}"
            yield files.site_text.problem(place, message, "choose another word")
        first.setdefault(reason.id, digit)


def _ports(files: Files) -> Iterator[Problem]:
    """No two servers at one port; and no SIP port within those of sound (both are UDP)."""
    site = files.site
    if site is None:
        return
    used: dict[int, str] = {}
    tcp: list[tuple[Place, int]] = [
        (("api", "port"), site.api.port),
        (("metrics", "port"), site.metrics.port),
        (("ami", "port"), site.ami.port),
        *((("sip", name), getattr(site.sip, name)) for name in ("tcp_port", "tls_port", "ws_port", "wss_port")),
    ]
    for place, port in tcp:
        name = ".".join(map(str, place))
        if port and port in used:
            message = f"port {port} of {name} is also that of {used[port]}"
            yield files.site_text.problem(place, message, "give each its own")
        used.setdefault(port, name)
    if site.rtp.port_min <= site.sip.udp_port <= site.rtp.port_max:
        message = f"port {site.sip.udp_port} lies among the ports of sound ({site.rtp.port_min}-{site.rtp.port_max})"
        yield files.site_text.problem(("sip", "udp_port"), message, "change one of them")
    if not any((site.sip.udp_port, site.sip.tcp_port, site.sip.tls_port, site.sip.ws_port, site.sip.wss_port)):
        yield files.site_text.problem(("sip",), "all its ports are 0: no phone could reach the PBX", "set udp_port")


def _rtp_room(files: Files) -> Iterator[Problem]:
    """Two ports for each waiting caller, four for each agent's talk."""
    site = files.site
    if site is None:
        return
    have = site.rtp.port_max - site.rtp.port_min + 1
    need = 4
    who = "one call"
    if files.routing is not None:
        waiting = sum(queue.length_max for queue in files.routing.queues.values())
        agents = len(files.routing.agents)
        need = max(need, 2 * waiting + 4 * agents)
        who = f"{waiting} waiting callers (length_max of all queues) and the talks of {agents} agents"
    if have < need:
        place: Place = ("rtp", "port_max")
        message = f"{max(have, 0)} ports for sound are too few: {who} need {need}"
        remedy = f"set port_max to at least {site.rtp.port_min + need - 1}"
        if site.rtp.port_min + need - 1 > 65535:
            remedy = "lower port_min, or length_max of the queues"
        yield files.site_text.problem(place, message, remedy)


def _tls(files: Files) -> Iterator[Problem]:
    site = files.site
    if site is None or site.sip.tls is not None:
        return
    for name in ("tls_port", "wss_port"):
        if getattr(site.sip, name):
            message = f"{name} is on, but there is no certificate"
            yield files.site_text.problem(("sip", name), message, "add `tls: {certificate: ..., private_key: ...}`")


def _addresses(files: Files) -> Iterator[Problem]:
    """Addresses that only look like one: 192.168.1.300, 10.0.0.0/33."""
    site = files.site
    if site is None:
        return
    written: list[tuple[Place, str]] = [(("sip", "bind"), site.sip.bind)]
    written += [(("sip", "local_networks", i), text) for i, text in enumerate(site.sip.local_networks)]
    for name, trunk in site.trunks.items():
        written += [(("trunks", name, "addresses", i), text) for i, text in enumerate(trunk.addresses)]
    for place, text in written:
        try:
            if place == ("sip", "bind") and "/" in text:
                raise ValueError
            ip_network(text, strict=False)
        except ValueError:
            yield files.site_text.problem(place, f"'{text}' is not an IP address", "write one such as 192.168.1.20")


def _trunks(files: Files) -> Iterator[Problem]:
    site = files.site
    if site is None:
        return
    for name, trunk in site.trunks.items():
        written = names(files.site_text, ("trunks", name))
        if "addresses" not in written and "registration" not in written:
            remedy = "give the carrier's `addresses`, or our `registration` there"
            yield files.site_text.problem(("trunks", name), f"nothing says who the line '{name}' is", remedy)
        if not getattr(site.sip, f"{trunk.transport}_port"):
            message = f"the line '{name}' uses {trunk.transport}, but sip.{trunk.transport}_port is 0"
            yield files.site_text.problem(("trunks", name), message, "set that port, or another transport")


def _paths(files: Files) -> Iterator[Problem]:
    """Files and folders that the site names must be there; relative ones begin at the configuration's folder."""
    site = files.site
    if site is None:
        return
    for name, folder in site.music.items():
        if folder is not None and not any(path.is_file() for path in (files.folder / folder).glob("*.*")):
            message = f"there is no sound file in {files.folder / folder}"
            yield files.site_text.problem(("music", name), message, "leave it empty for the switch's own music")
    if site.sip.tls is not None:
        for name in ("certificate", "private_key"):
            path = files.folder / getattr(site.sip.tls, name)
            if not path.is_file():
                yield files.site_text.problem(("sip", "tls", name), f"there is no file {path}")


def _music(files: Files) -> Iterator[Problem]:
    if files.routing is None or files.site is None:
        return
    known = {*names(files.site_text, ("music",)), "default"}
    for queue_id, queue in files.routing.queues.items():
        if queue.music not in known:
            message = f"the music '{queue.music}' is not in site.yaml"
            yield files.routing_text.problem(("queues", queue_id, "music"), message, did_you_mean(queue.music, known))


def _reserved_names(files: Files) -> Iterator[Problem]:
    """Asterisk keeps one word for the head of its own files: a queue or a music of that name would be lost."""
    parts = [] if files.routing is None else [(files.routing_text, "queues", list(files.routing.queues))]
    parts += [] if files.site is None else [(files.site_text, "music", list(files.site.music))]
    for document, kind, given in parts:
        if RESERVED_NAME in given:
            message = f"'{RESERVED_NAME}' can't be used here: Asterisk keeps this name for itself"
            remedy = "choose another id; what people read stays in `names`"
            yield document.problem((kind, RESERVED_NAME), message, remedy, at_key=True)


# ---- texts ----


def _texts_in_all_languages(files: Files) -> Iterator[Problem]:
    if files.site is None:
        return
    texts: list[tuple[Document, Place]] = [(files.site_text, ("name",))]
    texts += [(files.site_text, ("not_ready_reasons", digit, "names")) for digit in files.site.not_ready_reasons]
    if files.routing is not None:
        for section in ("skills", "groups", "queues"):
            texts += [(files.routing_text, (section, name, "names")) for name in getattr(files.routing, section)]
    if files.ivr is not None:
        texts += [(files.ivr_text, ("prompts", name)) for name in files.ivr.prompts]
    for document, place in texts:
        for language in files.site.languages:
            if language not in names(document, place):
                what = f"'{place[-2]}'" if place[-1] == "names" else f"'{place[-1]}'"
                yield document.problem(place, f"{what} has no text in '{language}'", f"add '{language}: ...'")


CHECKS: tuple[Callable[[Files], Iterator[Problem]], ...] = (
    _time_zone,
    _languages,
    _numbers_lead_to_trees,
    _reasons,
    _ports,
    _rtp_room,
    _tls,
    _addresses,
    _trunks,
    _paths,
    _music,
    _reserved_names,
    _texts_in_all_languages,
    *ROUTING_CHECKS,
    check_replaced_texts,
    check_trees,
)
