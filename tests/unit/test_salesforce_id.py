"""Record ids of 15 and of 18 characters."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.salesforce_id import key_prefix, to_18

RECORDED = "001dM00003jU9GxQAK"  # of a real organisation
ids = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)


def test_both_forms_are_ids_of_the_same_record() -> None:
    assert to_18(RECORDED) == to_18(RECORDED[:15]) == RECORDED
    assert key_prefix(RECORDED) == "001"


@pytest.mark.parametrize(
    "text",
    [
        "",
        RECORDED[:14],
        RECORDED[:16],
        RECORDED + "A",
        RECORDED.lower(),
        RECORDED[:15] + "QAL",
        "https://evil.test/",
        "../User/005000000",
        "001dM00003jU9G'",
        "001dM00003jU9G\n",
        "é" * 15,
        RECORDED[:15] + "\n",
        "٠" * 15,
        "0" * 8000,
    ],
)
def test_other_texts_are_no_ids(text: str) -> None:
    assert to_18(text) is None


@given(ids)
def test_the_checksum_detects_every_change_of_case(id15: str) -> None:
    full = to_18(id15)
    assert full is not None
    assert full[:15] == id15
    assert to_18(full) == full
    swapped = id15.swapcase() + full[15:]
    assert to_18(swapped) is None or id15.swapcase() == id15
