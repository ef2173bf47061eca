"""A new version of the site, taken over while calls go on.

What is gone stays for those who still use it: a removed queue until its last call has left, a removed agent until
they have logged out (at once if they are idle, after the call if not). Steps hold for those who wait already.
"""

from acd.core.agent import Agent, AgentState
from acd.core.events import LogoutRequested, SiteChanged
from acd.core.floor import Floor
from acd.core.requests import logout
from acd.core.waiting import stand_in_line


def site_changed(floor: Floor, event: SiteChanged, now: float) -> None:
    site, before = event.site, floor.site
    floor.site = site
    floor.set_queues(site.queues.values())
    for profile in site.agents.values():
        if floor.agents.get(profile.agent_id) is None or profile != before.agents.get(profile.agent_id):
            floor.hire(profile)
    for agent in [agent for agent in floor.agents.values() if agent.agent_id not in site.agents]:
        _retire(floor, agent, now)
    for queue_id in [q for q, lines in floor.queues.items() if q not in site.queues and not len(lines.visits)]:
        floor.drop_queue(queue_id)
    for call in floor.calls.values():
        if call.seated:
            stand_in_line(floor, call, now)
    floor.settle_pools()


def _retire(floor: Floor, agent: Agent, now: float) -> None:
    agent.retired = True
    if agent.state is AgentState.LOGGED_OUT:
        floor.dismiss(agent)
    else:
        logout(floor, LogoutRequested(agent.agent_id), now)
