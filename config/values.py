"""From the schema's values to those of the core and of the PBX. Total: what is sound converts."""

from pathlib import Path

from pydantic import ValidationError

from acd.core.site import FALLBACK_QUEUE, AgentProfile, Site
from config.asterisk import settings as pbx
from config.asterisk.program import Program
from config.problems import ConfigurationError, Problem
from config.schema import (
    HangUpNode,
    IvrFile,
    MenuNode,
    PlayNode,
    QueueNode,
    QueuePart,
    RoutingFile,
    SiteFile,
    StepPart,
    TreePart,
)
from config.secrets import Secrets
from ivr.tree import EnterQueue, HangUp, Menu, Node, Play, Tree
from routing.queue import Queue
from routing.step import Step


def core_site(site: SiteFile, routing: RoutingFile, ivr: IvrFile) -> Site:
    return Site(
        name=site.name[site.languages[0]],
        queues={queue_id: _queue(queue_id, part) for queue_id, part in routing.queues.items()},
        agents={
            agent_id: AgentProfile(agent_id, part.name, part.skills, part.group, rank)
            for rank, (agent_id, part) in enumerate(routing.agents.items())
        },
        entries={
            number: _tree(ivr.trees[entry.tree], entry.language or site.languages[0])
            for number, entry in site.numbers.items()
        },
        not_ready_reasons={digit: reason.id for digit, reason in site.not_ready_reasons.items()},
        no_answer_recovery_s=site.recovery.no_answer_recovery_s,
        device_recovery=site.recovery.device_recovery,
        ringing_deadline_s=site.recovery.ringing_deadline_s,
        wrap_up_s_max=site.recovery.wrap_up_s_max,
        overtaken_s_max=routing.overtaken_s_max,
    )


def _queue(queue_id: str, part: QueuePart) -> Queue:
    return Queue(
        queue_id=queue_id,
        names={str(language): text for language, text in part.names.items()},
        skills=part.skills,
        groups=tuple(part.groups),
        strategy=part.strategy,
        weight=part.weight,
        steps=tuple(_step(step) for step in part.steps),
        ring_timeout_s=float(part.ring_timeout_s),
        wrap_up_s=part.wrap_up_s,
        length_max=part.length_max,
        wait_s_max=part.wait_s_max,
        service_level_threshold_s=part.service_level.threshold_s,
        service_level_target=part.service_level.target,
        short_abandon_s=part.short_abandon_s,
        priority=part.priority,
        music=part.music,
    )


def _step(part: StepPart) -> Step:
    return Step(part.after_s, part.lower, tuple(part.groups), part.priority, part.overflow_to or "")


def _tree(part: TreePart, language: str) -> Tree:
    return Tree(part.root, {node_id: _node(node) for node_id, node in part.nodes.items()}, language)


def _node(part: PlayNode | MenuNode | QueueNode | HangUpNode) -> Node:
    if isinstance(part, PlayNode):
        return Play(tuple(part.prompts), part.then)
    if isinstance(part, MenuNode):
        return Menu(
            prompts=tuple(part.prompts),
            keys=dict(part.keys),
            default=part.default,
            tries=part.tries,
            first_timeout_s=part.first_timeout_s,
            wrong_key=part.wrong_key or "",
            no_key=part.no_key or "",
        )
    if isinstance(part, HangUpNode):
        return HangUp(part.prompt or "")
    return EnterQueue(part.queue, part.topic or "")


def pbx_settings(
    site: SiteFile, routing: RoutingFile, secrets: Secrets, config_dir: Path, state_dir: Path, program: Program
) -> pbx.PbxSettings:
    """A private Asterisk below `state_dir`, run by `program`; both folders absolute.

    Raises ConfigurationError for folders whose names Asterisk could not read.
    """
    home = state_dir / "asterisk"
    queue_music = {queue_id: queue.music for queue_id, queue in routing.queues.items()}
    try:
        return pbx.PbxSettings(
            home=home,
            program=program,
            ami=pbx.Ami(
                port=site.ami.port,
                live=pbx.AmiUser(name="live", secret=secrets.ami["live"]),
                admin=pbx.AmiUser(name="admin", secret=secrets.ami["admin"]),
            ),
            transports=_transports(site),
            tls=_tls(site, config_dir),
            rtp=pbx.Rtp(**site.rtp.model_dump()),
            trunks=_trunks(site, secrets),
            agents=_endpoints(routing, secrets),
            agent_codecs=tuple(site.sip.codecs),
            queues=tuple(
                pbx.FallbackQueue(queue_id=queue_id, music=music)
                for queue_id, music in ({FALLBACK_QUEUE: "default"} | queue_music).items()
            ),
            music=tuple(
                pbx.MusicClass(name=name, directory=config_dir / folder if folder else home / "music" / name)
                for name, folder in ({"default": None} | site.music).items()
            ),
            sounds=home / "sounds",
            entry_numbers=tuple(site.numbers),
            agents_may_dial_entry=site.sip.agents_may_dial_entry,
            languages=tuple(site.languages),
            time_zone=site.time_zone,
            ring_timeout_s=max(queue.ring_timeout_s for queue in routing.queues.values()),
            qualify_every_s=site.sip.qualify_every_s,
        )
    except ValidationError as error:
        said = "; ".join(str(detail["msg"]).removeprefix("Value error, ") for detail in error.errors())
        raise ConfigurationError([Problem(str(state_dir), 0, 0, said)]) from error


def _transports(site: SiteFile) -> pbx.Transports:
    sip = site.sip
    return pbx.Transports(
        bind=sip.bind,
        udp=sip.udp_port,
        tcp=sip.tcp_port,
        tls=sip.tls_port,
        ws=sip.ws_port,
        wss=sip.wss_port,
        external_address=sip.external_address,
        local_networks=tuple(sip.local_networks),
    )


def _tls(site: SiteFile, config_dir: Path) -> pbx.Tls | None:
    if site.sip.tls is None:
        return None
    files = site.sip.tls
    return pbx.Tls(certificate=config_dir / files.certificate, private_key=config_dir / files.private_key)


def _trunks(site: SiteFile, secrets: Secrets) -> tuple[pbx.Trunk, ...]:
    return tuple(
        pbx.Trunk(
            name=name,
            addresses=tuple(trunk.addresses),
            registration=None
            if trunk.registration is None
            else pbx.Registration(**trunk.registration.model_dump(), password=secrets.trunks[name]),
            codecs=tuple(trunk.codecs),
            trust_caller_id=trunk.trust_caller_id,
            transport=trunk.transport,
        )
        for name, trunk in site.trunks.items()
    )


def _endpoints(routing: RoutingFile, secrets: Secrets) -> tuple[pbx.AgentEndpoint, ...]:
    return tuple(
        pbx.AgentEndpoint(
            agent_id=agent_id,
            sip_password=secrets.agents[agent_id],
            webrtc=agent.phone.webrtc,
            contact=agent.phone.contact,
        )
        for agent_id, agent in routing.agents.items()
    )
