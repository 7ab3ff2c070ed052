"""Reads CallerID, the number to be called, as jtel sends it (design, section 1).

`phonenumbers.parse` alone gets `491701234567` wrong in Germany: it makes a landline of a mobile.
"""

import re

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, CalleeKind
from click_to_dial.skip_imports import skip_imports

# What finds numbers in texts, and formats them while they are typed: a third of the import time.
with skip_imports(
    {
        "phonenumbers.asyoutypeformatter": {"AsYouTypeFormatter": None},
        "phonenumbers.phonenumbermatcher": dict.fromkeys(
            ("Leniency", "PhoneNumberMatch", "PhoneNumberMatcher")
        ),
    }
):
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

INTERNAL_DIGITS = 6
"""A number of the company's own telephone system has at most this many digits."""

_SEPARATORS = re.compile(r"[\s()./\-\u2010-\u2015\u2212]+")
_NUMBER = re.compile(r"\+?[0-9]+")
_MOST_DIGITS = 22  # 00, a country code of 3 and the 17 digits that phonenumbers reads
_KINDS: dict[int, CalleeKind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed-line",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium-rate",
    PhoneNumberType.SHARED_COST: "shared-cost",
}


def clean(caller_id: str) -> str:
    """The digits, with a plus in front where it, or the blank that it decays to, was there.

    Raises BadParameterError for anything but digits and separators.
    """
    digits = _SEPARATORS.sub("", caller_id)
    if caller_id.startswith(" "):
        digits = "+" + digits.removeprefix("+")
    if not _NUMBER.fullmatch(digits):
        raise _unreadable("contains something that is not a digit")
    if len(digits) > _MOST_DIGITS:
        raise _unreadable("is too long")
    return digits


def read_callee(cleaned: str, home_region: str) -> Callee:
    """The callee of a `clean`ed number, dialled in `home_region` (ISO 3166, such as DE).

    Raises BadParameterError for a number that cannot be dialled.
    """
    if short := _short(cleaned, home_region):
        return Callee(short, home_region)
    if cleaned.startswith(("+", "00")):
        return _possible("+" + cleaned.removeprefix("+").removeprefix("00"), None)
    if cleaned.startswith("0"):
        return _possible(cleaned, home_region)
    return _without_prefix(cleaned, home_region)


def time_zones(number: str) -> tuple[str, ...]:
    """The IANA zones in which a number (E.164, with plus) may be; none for one of no place.

    A number of a whole country, such as a mobile, may be in any of the country's zones.
    """
    # Read for plans with calling hours alone: a cold start without them does not pay for it.
    from phonenumbers import timezone

    parsed = phonenumbers.parse(number)
    zones = timezone.time_zones_for_number(parsed)
    if zones == ("Etc/Unknown",):  # of no known type; its first digits still tell the country
        zones = timezone.time_zones_for_geographical_number(parsed)
    return () if zones == ("Etc/Unknown",) else tuple(zones)


def _without_prefix(digits: str, home_region: str) -> Callee:
    """E.164 without its plus, internal, or national, in the order that the region makes likely."""
    international, national = ("+" + digits, None), (digits, home_region)
    internal = len(digits) <= INTERNAL_DIGITS
    if phonenumbers.ndd_prefix_for_region(home_region, True):
        readings = [international] if internal else [international, national]
    else:  # no trunk prefix: people dial national numbers just like this
        readings = [national, international]
    for reading in readings:
        number = _parse(*reading)
        if number and phonenumbers.is_valid_number(number):
            return _callee(number)
    if internal:
        return Callee("internal", home_region)
    raise _unreadable(f"is neither an international number nor one of {home_region}")


def _short(digits: str, region: str) -> CalleeKind | None:
    if phonenumbers.is_emergency_number(digits, region):
        return "emergency"
    if digits.startswith("+"):
        return None
    zeros = len(digits) - len(digits.lstrip("0"))  # Spain's 016 is not its 16
    number = PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region),
        national_number=int(digits),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros,
    )
    return "short-code" if phonenumbers.is_valid_short_number_for_region(number, region) else None


def _possible(digits: str, region: str | None) -> Callee:
    """Possible is enough where the way of dialling says how the number is meant."""
    number = _parse(digits, region)
    if number is None or not phonenumbers.is_possible_number(number):
        raise _unreadable(
            "cannot be a telephone number: it is too short, too long or of no country"
        )
    return _callee(number)


def _parse(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except NumberParseException:
        return None


def _callee(number: PhoneNumber) -> Callee:
    country = phonenumbers.region_code_for_number(number)
    return Callee(
        kind=_KINDS.get(phonenumbers.number_type(number), "unknown"),
        country=None if country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else country,
        number=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    )


def _unreadable(why: str) -> BadParameterError:
    return BadParameterError("CallerID", f"CallerID, the number to be called, {why}.")
