"""The steps of the shipped site, and a floor for them."""

from dataclasses import replace

from routing.ladder import Calling, Donor, Ladder, LadderStep, Lending, SurgePlan, Telling, Way
from routing.lending import Choice
from tests.routing.ladder_floor import Scene, floor_of

REARRANGE = LadderStep("rearrange", seats_min=1, seats_max=1, lend=Lending("casework"))
OUTBOUND = LadderStep("outbound", seats_min=2, seats_max=3, lend=Lending("outbound", Choice.FEWEST_CALLS))
QUALITY = LadderStep("quality", seats_min=2, seats_max=3, lend=Lending("quality", answer_s=30.0))
MANAGERS = LadderStep(
    "managers", seats_min=2, seats_max=3,
    lend=Lending("management", Choice.TOP_DOWN, answer_s=30.0),
    call=Calling("management", (Way.BANNER, Way.CALL), answer_s=60.0, arrive_s=900.0),
)  # fmt: skip
PLAN_B = LadderStep("emergency_plan", tell=Telling(("supervision",), (Way.BANNER, Way.WEBHOOK)))
DAY = Ladder("day", "busy", "calm", (REARRANGE, OUTBOUND, QUALITY, MANAGERS, PLAN_B))
PLAN = SurgePlan("inbound", ("enquiry",), "inbound", (DAY,), settle_s=240.0, settle_closed_s=120.0)
DONORS = (Donor("casework"), Donor("outbound", stay_min=2, rest_s=300.0), Donor("quality", stay_min=1),
          Donor("management"), Donor("inbound"))  # fmt: skip
GROUPS = {
    "inbound": ["1001"], "casework": ["1501"], "outbound": ["2001", "2002", "2003", "2004", "2005"],
    "quality": ["3001", "3002", "3003", "3004"], "management": ["4001", "4002", "4003"],
}  # fmt: skip


def scene(*steps: LadderStep, out: tuple[str, ...] = (), donors: tuple[Donor, ...] = DONORS) -> Scene:
    """With these steps, or the shipped ones; a call centre on an ordinary day, just told that it is busy."""
    plan = replace(PLAN, ladders=(replace(DAY, steps=steps or DAY.steps),))
    made = Scene([plan], donors, floor_of(GROUPS, out))
    made.told(calm=False)
    return made
