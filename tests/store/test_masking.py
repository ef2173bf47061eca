import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.core.masking import mask_name, mask_number


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13912341234", "139****1234"),
        ("+8613912341234", "+86139****1234"),
        ("02162345678", "021****5678"),
        ("62345678", "62****78"),
        ("1001", "1****"),
        ("", ""),
        ("anonymous", "anonymous"),
        ("Anonymous", "Anonymous"),
        ("sip:zhang.xiaosan@example.com", "sip****.com"),
    ],
)
def test_a_number_is_recognised_but_not_told(number: str, shown: str) -> None:
    assert mask_number(number) == shown


@given(st.text(st.sampled_from("0123456789+"), min_size=1, max_size=40))
def test_four_characters_of_any_longer_number_are_hidden(number: str) -> None:
    kept = mask_number(number).replace("****", "")
    assert len(kept) <= max(1, len(number) - 4)


@pytest.mark.parametrize(("name", "shown"), [("张小三", "张****"), ("", ""), ("13912341234", "139****1234")])
def test_a_name_is_masked_and_a_number_for_a_name_as_a_number(name: str, shown: str) -> None:
    assert mask_name(name) == shown
