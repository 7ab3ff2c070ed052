"""Reading of phone numbers as jtel sends them in CallerID (docs/jtel.md).

`phonenumbers.parse` alone reads `491701234567` in Germany as a fixed-line number, not as a mobile.
"""

import re

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, CalleeKind
from click_to_dial.skip_imports import skip_imports

# Finding numbers in texts and formatting them while typing take a third of the import time.
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
"""Maximum number of digits of an internal extension."""

_SEPARATORS = re.compile(r"[\s()./\-\u2010-\u2015\u2212]+")
_NUMBER = re.compile(r"\+?[0-9]+")
_MAX_DIGITS = 22  # 00, a country code of 3 and the 17 digits that phonenumbers reads
_KINDS: dict[int, CalleeKind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed-line",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium-rate",
    PhoneNumberType.SHARED_COST: "shared-cost",
}


def clean(caller_id: str) -> str:
    """Return the digits, after a plus if there was one, or a blank, which it may arrive as.

    Raises BadParameterError if there is anything but digits and separators.
    """
    digits = _SEPARATORS.sub("", caller_id)
    if caller_id.startswith(" "):
        digits = "+" + digits.removeprefix("+")
    if not _NUMBER.fullmatch(digits):
        raise _unreadable("contains something that is not a digit")
    if len(digits) > _MAX_DIGITS:
        raise _unreadable("is too long")
    return digits


def read_callee(cleaned: str, home_region: str) -> Callee:
    """Return the callee for a cleaned number, dialled in `home_region` (ISO 3166, such as DE).

    Raises BadParameterError if the number cannot be dialled.
    """
    if short := _short(cleaned, home_region):
        return Callee(short, home_region)
    if cleaned.startswith(("+", "00")):
        return _possible("+" + cleaned.removeprefix("+").removeprefix("00"), None)
    if cleaned.startswith("0"):
        return _possible(cleaned, home_region)
    return _without_prefix(cleaned, home_region)


def comparable(number: str, home_region: str) -> str | None:
    """Return one spelling for all spellings of a number: E.164, or else its digits.

    Return None for text that is not a number.
    """
    try:
        cleaned = clean(number)
        return read_callee(cleaned, home_region).number or cleaned
    except BadParameterError:
        return None


def time_zones(number: str) -> tuple[str, ...]:
    """Return the IANA time zones of a number (E.164 with plus); none if it has no location.

    A number of a whole country, such as a mobile, may be in any zone of the country.
    """
    # Imported here, because only plans with calling hours need it.
    from phonenumbers import timezone

    parsed = phonenumbers.parse(number)
    zones = timezone.time_zones_for_number(parsed)
    if zones == ("Etc/Unknown",):  # its type is unknown, but its first digits tell the country
        zones = timezone.time_zones_for_geographical_number(parsed)
    return () if zones == ("Etc/Unknown",) else tuple(zones)


def _without_prefix(digits: str, home_region: str) -> Callee:
    """Read digits as international without plus, as national, or as an internal extension."""
    international, national = ("+" + digits, None), (digits, home_region)
    internal = len(digits) <= INTERNAL_DIGITS
    if phonenumbers.ndd_prefix_for_region(home_region, True):
        readings = [international] if internal else [international, national]
    else:  # without a trunk prefix, national numbers are dialled like this
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
    zeros = len(digits) - len(digits.lstrip("0"))  # 016 in Spain is not 16
    number = PhoneNumber(
        country_code=phonenumbers.country_code_for_region(region),
        national_number=int(digits),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros,
    )
    return "short-code" if phonenumbers.is_valid_short_number_for_region(number, region) else None


def _possible(digits: str, region: str | None) -> Callee:
    """Return the callee of a number whose prefix says how to read it: possible is enough."""
    number = _parse(digits, region)
    if number is None or not phonenumbers.is_possible_number(number):
        raise _unreadable(
            "cannot be a phone number: it is too short, too long or has no valid country code"
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
