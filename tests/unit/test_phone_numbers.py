"""How numbers are read (docs/numbers.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, Numbering
from click_to_dial.phone_numbers import (
    clean,
    read_number,
)


def read(caller_id: str, region: str = "DE") -> Callee:
    return read_number(clean(caller_id), Numbering(region))[0]


@pytest.mark.parametrize(
    "caller_id",
    [
        "+498946149500",
        " 498946149500",
        "00498946149500",
        "498946149500",
        "08946149500",
        "+49 (0)89 461 495-00",
        "089/46 14 95 00",
        "+49.89.46149500",
        "+49\xa089‑46149500",
        "(+49) 89 46149500",
    ],
)
def test_every_way_of_writing_a_number_gives_the_same_callee(caller_id: str) -> None:
    assert read(caller_id) == Callee("fixed-line", "DE", "+498946149500")


@pytest.mark.parametrize(
    ("caller_id", "region", "callee"),
    [
        ("491701234567", "DE", Callee("mobile", "DE", "+491701234567")),
        ("01701234567", "DE", Callee("mobile", "DE", "+491701234567")),
        ("436641234567", "DE", Callee("mobile", "AT", "+436641234567")),
        ("06641234567", "AT", Callee("mobile", "AT", "+436641234567")),
        ("+33800123456", "DE", Callee("toll-free", "FR", "+33800123456")),
        ("09001234567", "DE", Callee("premium-rate", "DE", "+499001234567")),
        ("01802123456", "DE", Callee("shared-cost", "DE", "+491802123456")),
        ("+80012345678", "DE", Callee("toll-free", None, "+80012345678")),
        ("+12125551234", "DE", Callee("fixed-or-mobile", "US", "+12125551234")),
        ("112", "DE", Callee("emergency", "DE")),
        ("110", "DE", Callee("emergency", "DE")),
        ("911", "US", Callee("emergency", "US")),
        ("115", "DE", Callee("short-code", "DE")),
        ("11833", "DE", Callee("short-code", "DE")),
        ("016", "ES", Callee("short-code", "ES")),
        ("217", "DE", Callee("internal", "DE")),
        ("123456", "DE", Callee("internal", "DE")),
        (
            "(+49) 8961",
            "DE",
            Callee("unknown", "DE", "+498961"),
        ),  # the plus counts
        ("912345678", "ES", Callee("fixed-line", "ES", "+34912345678")),
        ("2125551234", "US", Callee("fixed-or-mobile", "US", "+12125551234")),
        ("0612345678", "IT", Callee("fixed-line", "IT", "+390612345678")),
    ],
)
def test_country_and_kind(caller_id: str, region: str, callee: Callee) -> None:
    assert read(caller_id, region) == callee


@pytest.mark.parametrize(
    "caller_id",
    [
        "",
        "   ",
        "+",
        "abc",
        "+49x89",
        "089;123",
        "089\x0012345",
        "�123",
        "++4989",
        "1" * 23,
        "9" * 8000,
        "+1",
        "+999123456789",
        "00",
        "0",
        "+4989" + "1" * 14,
        "tel:+4989461495",
        "*31#",
        "8946149500'--",
    ],
)
def test_what_cannot_be_dialled(caller_id: str) -> None:
    with pytest.raises(BadParameterError, match="CallerID, the number to be called, ") as error:
        read(caller_id)
    assert error.value.parameter == "CallerID"
    assert not caller_id.strip() or caller_id not in str(error.value)


@given(st.text(), st.sampled_from(["DE", "US", "IT", "AU", "GB"]))
def test_any_text_is_either_a_callee_or_a_bad_parameter(caller_id: str, region: str) -> None:
    try:
        callee = read(caller_id, region)
    except BadParameterError:
        return
    assert callee.number is None or callee.number.startswith("+")


@given(st.from_regex(r"[ +]?[0-9]{1,16}", fullmatch=True))
def test_what_was_read_reads_the_same_again(caller_id: str) -> None:
    try:
        callee = read(caller_id)
    except BadParameterError:
        return
    if callee.number is not None and callee.kind != "unknown":  # an invalid one may be read anew
        assert read(callee.number) == callee
