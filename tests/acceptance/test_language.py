"""Who calls a number of another language hears its prompts in that language."""

from dataclasses import replace

import pytest

from tests.contract.acts import hears, log_in
from tests.contract.asterisk_world import AsteriskWorld
from tests.contract.site import NUMBER, hotline

pytestmark = pytest.mark.asterisk
ENGLISH_NUMBER = "1861"


async def test_each_number_speaks_its_language_up_to_the_work_number(world: AsteriskWorld) -> None:
    site = hotline()
    tree = site.entries[NUMBER]
    await world.begin(replace(site, entries={NUMBER: tree, ENGLISH_NUMBER: replace(tree, language="en")}))
    world.phone("1001").answers_after(0.1)
    await log_in(world, "1001")
    english = await world.call(dialled=ENGLISH_NUMBER)
    await hears(world, english, "en/welcome", "en/menu", "en/agents/1001")
    english.hang_up()
    await world.until(lambda: not world.view().calls)
    chinese = await world.call(number="13900000002")
    await hears(world, chinese, "welcome", "menu", "agents/1001")
