"""How numbers are read (docs/numbers.md)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, Numbering
from click_to_dial.phone_numbers import (
    clean,
    read_international,
    read_number,
    signalled_number,
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


@pytest.mark.parametrize(
    ("region", "text", "callee"),
    [
        ("US", "(323) 234-5678", Callee("fixed-or-mobile", "US", "+13232345678")),
        ("CA", "(416) 234-5678", Callee("fixed-or-mobile", "CA", "+14162345678")),
        ("RU", "8 (495) 123-45-67", Callee("fixed-line", "RU", "+74951234567")),
        ("RU", " 8613812345678", Callee("mobile", "CN", "+8613812345678")),
        ("BR", "(51) 99123-4567", Callee("mobile", "BR", "+5551991234567")),
        ("BR", "0041 44 668 1800", Callee("fixed-line", "CH", "+41446681800")),
        ("AU", "0011 44 20 7946 0018", Callee("fixed-line", "GB", "+442079460018")),
        ("AU", "0011 65 6123 4567", Callee("fixed-line", "SG", "+6561234567")),
        ("AU", "13 22 00", Callee("shared-cost", "AU", "+61132200")),
        ("SG", "001 65 6123 4567", Callee("fixed-line", "SG", "+6561234567")),
        ("SG", "0065 6123 4567", Callee("fixed-line", "SG", "+6561234567")),
        ("JP", "010 44 20 7946 0018", Callee("fixed-line", "GB", "+442079460018")),
        ("CL", " 12402345678", Callee("fixed-or-mobile", "US", "+12402345678")),
        ("CN", "13812345678", Callee("mobile", "CN", "+8613812345678")),
        ("CN", "010 6552 9988", Callee("fixed-line", "CN", "+861065529988")),
        ("IN", "09876543210", Callee("mobile", "IN", "+919876543210")),
        ("TR", "0532 123 45 67", Callee("mobile", "TR", "+905321234567")),
        ("GB", "070 1234 5678", Callee("personal", "GB", "+447012345678")),
        ("IT", "06 1234 5678", Callee("fixed-line", "IT", "+390612345678")),
        ("PL", "0 22 512 34 56", Callee("fixed-line", "PL", "+48225123456")),
        ("DE", "+48 (0) 22 512 34 56", Callee("fixed-line", "PL", "+48225123456")),
        ("DE", "+39 (0) 335 1234567", Callee("mobile", "IT", "+393351234567")),
        ("DE", "+52 1 55 1234 5678", Callee("fixed-or-mobile", "MX", "+525512345678")),
        ("DE", "0052 1 55 1234 5678", Callee("fixed-or-mobile", "MX", "+525512345678")),
        ("DE", "5215512345678", Callee("fixed-or-mobile", "MX", "+525512345678")),
        ("MX", "55 1234 5678", Callee("fixed-or-mobile", "MX", "+525512345678")),
        ("MX", "044 55 1234 5678", Callee("fixed-or-mobile", "MX", "+525512345678")),
        ("AT", " 01265030", Callee("fixed-line", "AT", "+431265030")),
        ("AT", " 133", Callee("emergency", "AT")),
        ("DE", "+112", Callee("emergency", "DE")),
        ("DE", "0112", Callee("emergency", "DE")),
        ("CH", "217", Callee("internal", "CH")),
        ("CH", "4711", Callee("internal", "CH")),
        ("US", "4711", Callee("internal", "US")),
        ("DE", " 217", Callee("internal", "DE")),
        ("DE", " 8946149500", Callee("fixed-line", "DE", "+498946149500")),
        ("ES", " 912345678", Callee("fixed-line", "ES", "+34912345678")),
        ("MX", " 614 123 4567", Callee("fixed-or-mobile", "MX", "+526141234567")),
        ("PL", " 225123456", Callee("fixed-line", "PL", "+48225123456")),
        ("DE", "%2B49 30 123456", Callee("fixed-line", "DE", "+4930123456")),
        ("US", "+13102345678\u202c", Callee("fixed-or-mobile", "US", "+13102345678")),
        ("DE", "\uff0b\uff14\uff19 30 123456", Callee("fixed-line", "DE", "+4930123456")),
        ("EG", "\u061c+٢٠١٠٠١٢٣٤٥٦٧", Callee("mobile", "EG", "+201001234567")),
        ("FR", "01·42·68·53·00", Callee("fixed-line", "FR", "+33142685300")),
        ("EG", "٠١٠٠١٢٣٤٥٦٧", Callee("mobile", "EG", "+201001234567")),
        ("DE", "+881612345678", Callee("satellite", None, "+881612345678")),
        ("DE", "+870761234567", Callee("satellite", None, "+870761234567")),
        ("DE", "+88216123456", Callee("satellite", None, "+88216123456")),
        ("DE", "+8831301234567", Callee("international-network", None, "+8831301234567")),
    ],
)
def test_numbers_as_people_write_them(region: str, text: str, callee: Callee) -> None:
    assert read(text, region) == callee


@pytest.mark.parametrize(
    ("region", "text", "kind", "shorter"),
    [
        ("DE", "090012345678", "premium-rate", "+499001234567"),
        ("DE", "+4990012345678", "premium-rate", "+499001234567"),
        ("DE", "013791234567", "premium-rate", "+491379123456"),
        ("DE", "013712345678", "shared-cost", "+491371234567"),
        ("FR", "0899 12 34 56 7", "premium-rate", "+33899123456"),
    ],
)
def test_surplus_digits_do_not_hide_a_number(
    region: str, text: str, kind: str, shorter: str
) -> None:
    callee = read(text, region)
    assert (callee.kind, callee.country, callee.without_surplus) == (kind, region, shorter)
    assert (callee.number or "").startswith(shorter)


@pytest.mark.parametrize(
    ("numbering", "text", "numbers"),
    [
        (Numbering("DE"), "431265030", ["+431265030", "+49431265030"]),
        (Numbering("DE", None, "national"), "431265030", ["+49431265030"]),
        (Numbering("DE"), "0431265030", ["+49431265030"]),
        (Numbering("DE"), "+431265030", ["+431265030"]),
        (Numbering("TR"), "5321234567", ["+5321234567", "+905321234567"]),
        (Numbering("TR", None, "national"), "5321234567", ["+905321234567"]),
        (Numbering("TR", None, "national"), "491701234567", ["+491701234567"]),
        (Numbering("DE"), "4930123456", ["+4930123456"]),  # at home, so not ambiguous
    ],
)
def test_ambiguous_numbers_have_two_readings(
    numbering: Numbering, text: str, numbers: list[str]
) -> None:
    assert [callee.number for callee in read_number(clean(text), numbering)] == numbers


@pytest.mark.parametrize(
    ("lengths", "text", "kind"),
    [
        (range(3, 4), "115", "internal"),
        (range(3, 4), "112", "emergency"),
        (range(3, 4), "024", "internal"),
        (range(3, 4), "11833", "short-code"),
        (range(6, 7), "132200", "internal"),
        (None, "115", "short-code"),
    ],
)
def test_declared_lengths_are_internal(lengths: range | None, text: str, kind: str) -> None:
    region = "AU" if text == "132200" else "DE"
    assert read_number(clean(text), Numbering(region, lengths))[0].kind == kind


@pytest.mark.parametrize("text", ["+48 (0) 22 512 34 56", "+48 22 512 34 56"])
def test_entries_of_lists_are_read_like_clicks(text: str) -> None:
    assert read_international(clean(text)).number == "+48225123456"
    assert read(text).number == "+48225123456"


@pytest.mark.parametrize("text", ["0170 1234567", "491701234567", " 491701234567", "0049170123456"])
def test_entries_of_lists_begin_with_a_plus(text: str) -> None:
    with pytest.raises(BadParameterError):
        read_international(clean(text))


@pytest.mark.parametrize(
    ("text", "prefix", "signalled"),
    [
        ("217", "4989461495", "4989461495217"),
        ("110", "4989461495", "4989461495110"),
        ("217", "", "217"),
        ("(089) 461-495.00", "", "08946149500"),
        ("+4989461495", "", "+4989461495"),
        ("+217", "4989461495", None),
        ("110", "", None),
        ("115", "", None),
        ("09001234567", "", None),
        ("+499001234567", "", None),
        ("9001234567", "", None),
        ("090012345678", "", None),
        ("01371234567", "", None),
        ("x217 (Büro)", "", None),
        ("217/218", "", None),
        ("0", "", None),
        ("00", "", None),
        ("0", "4989461495", "49894614950"),
        ("+1", "", None),
        ("+999123456789", "", None),
        ("-", "", None),
        ("-", "4989461495", None),
        ("", "4989461495", None),
        ("2" * 300, "", None),
        ("217217217", "4989461495", None),
    ],
)
def test_numbers_of_agents_that_may_be_signalled(
    text: str, prefix: str, signalled: str | None
) -> None:
    assert signalled_number(text, prefix, Numbering("DE")) == signalled


def test_a_declared_extension_is_not_a_short_number() -> None:
    assert signalled_number("115", "", Numbering("DE", range(3, 4))) == "115"
    assert signalled_number("112", "", Numbering("DE", range(3, 4))) is None
