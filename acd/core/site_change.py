"""A new version of the site, taken over while calls go on.

What is gone stays for those who still use it: a removed queue until its last call has left, a removed agent until
they have logged out (at once if they are idle, after the call if not).
"""

from acd.core.agent import Agent, AgentState
from acd.core.events import LogoutRequested, SiteChanged
from acd.core.floor import Floor, QueueLines
from acd.core.requests import logout


def site_changed(floor: Floor, event: SiteChanged, now: float) -> None:
    site = event.site
    floor.site = site
    for queue in site.queues.values():
        lines = floor.queues.setdefault(queue.queue_id, QueueLines(queue))
        lines.queue = queue
    for profile in site.agents.values():
        floor.hire(profile)
    for agent in [agent for agent in floor.agents.values() if agent.agent_id not in site.agents]:
        _retire(floor, agent, now)
    for queue_id in [q for q, lines in floor.queues.items() if q not in site.queues and not len(lines.visits)]:
        if not any(queue_id in agent.profile.queue_ids for agent in floor.agents.values()):
            del floor.queues[queue_id]


def _retire(floor: Floor, agent: Agent, now: float) -> None:
    agent.retired = True
    if agent.state is AgentState.LOGGED_OUT:
        floor.dismiss(agent)
    else:
        logout(floor, LogoutRequested(agent.agent_id), now)
