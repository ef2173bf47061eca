"""The dialplan lets a phone dial exactly the feature codes that the adapter understands."""

from acd.pbx.asterisk.inbound import FEATURES
from config.asterisk.render import FEATURE_CODES


def test_each_code_that_can_be_dialled_is_understood_and_the_other_way_round() -> None:
    dialled = {pattern.lstrip("_").removeprefix("*").rstrip("X") for pattern in FEATURE_CODES}
    assert dialled == set(FEATURES)
