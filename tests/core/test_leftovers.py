from acd.core.events import AgentAnswered, CallerHungUp, ReadyRequested, SiteChanged
from acd.core.reports import StepTaken
from routing.queue import Queue
from routing.step import Step
from tests.core.script import play
from tests.core.sites import billing, english, four_agents, hotline
from tests.core.test_restore import kill
from tests.core.test_steps import LOWER, back, waits


def test_who_was_removed_during_a_talk_is_logged_out_after_it_whatever_they_asked_for() -> None:
    queue = Queue("billing", skills={"billing": 50}, wrap_up_s=0.0)
    played = play(hotline(queue, agents={"1001": {"billing": 50}}), "1001")
    played.seat("c", "billing")
    played.tell(AgentAnswered("c", "c.1", "1001"))
    played.tell(SiteChanged(hotline(queue, agents={})), ReadyRequested("1001"), CallerHungUp("c"))
    assert "1001" not in played.engine.floor.agents


def test_steps_are_told_once_also_over_a_restart() -> None:
    played = play(four_agents(billing(LOWER)))
    played.seat("c", "billing")
    played.pass_to(1012.0)
    again = kill(played, at=1013.0)
    again.tell(back(waits("c", 1000.0)))
    assert again.of(StepTaken) == []


def test_the_longest_wait_of_a_queue_is_that_of_who_has_been_in_it_longest() -> None:
    overflow = Step(10.0, overflow_to="english")
    played = play(four_agents(billing(overflow), english()))
    played.seat("c", "billing")
    played.at = 1002.0
    played.seat("e", "english")
    played.pass_to(1010.0)
    (_, view) = played.engine.view(1012.0).queues
    # `c`, who joined first, has been in this queue for 2 s and has waited for 12 in all; `e` for 10.
    assert view.longest_wait_s in (10.0, 12.0)
