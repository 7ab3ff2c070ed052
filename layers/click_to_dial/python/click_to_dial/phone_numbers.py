"""Reads phone numbers: clicked ones, list entries, extensions, numbers in records.

`phonenumbers` parses a number in one reading. Digits often have several: without a plus,
`491701234567` may be international or national. This module chooses among them. docs/numbers.md
explains the rules and shows how numbers of each country are read.
"""

import re
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any
from urllib.parse import unquote

from click_to_dial.errors import BadParameterError
from click_to_dial.model import Callee, CalleeKind, Numbering
from click_to_dial.skip_imports import skip_imports

# fmt: off
_COUNTRY_CODES_WITH_OTHER_FORMATS = (
    7, 27, 30, 31, 34, 36, 39, 43, 44, 49, 52, 54, 55, 58, 61, 62, 64, 66, 81, 84, 90, 91, 94, 95,
    255, 350, 351, 352, 358, 359, 372, 373, 380, 381, 385, 505, 506, 595, 675, 676, 679, 855, 856,
    971, 972, 995,
)
# fmt: on
SKIPPED: Mapping[str, Mapping[str, Any]] = {
    "phonenumbers.asyoutypeformatter": {"AsYouTypeFormatter": None},  # formats during typing
    "phonenumbers.phonenumbermatcher": dict.fromkeys(  # finds numbers in texts
        ("Leniency", "PhoneNumberMatch", "PhoneNumberMatcher")
    ),
    **{
        f"phonenumbers.data.alt_format_{code}": {f"PHONE_ALT_FORMAT_{code}": None}
        for code in _COUNTRY_CODES_WITH_OTHER_FORMATS  # used to find numbers in texts
    },
}

with skip_imports(SKIPPED):
    import phonenumbers
    from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberType

MAX_UNDECLARED_INTERNAL_DIGITS = 6
"""Maximum length of an internal number if the plan has no `internal_digits`."""

MAX_SURPLUS_DIGITS = 4
"""Maximum number of digits dropped from the end of a number that is too long."""

MAX_DIGITS = 22
"""Maximum length: an international prefix, a country code and the 17 digits of phonenumbers."""

MAX_E164_DIGITS = 15
"""Maximum length of a number with its country code. It is the limit for signalled numbers too."""

# Blanks, punctuation, and invisible characters: soft hyphen, zero-width and directional marks.
_SEPARATORS = re.compile(
    r"[\s()\[\]./\-\u00ad\u00b7\u061c\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\uff08\uff09\uff0d-\uff0f]+"
)
_SIGNALLED_SEPARATORS = re.compile(r"[\s.()\-]+")
_NUMBER = re.compile(r"[+ ]?[0-9]+")

# Mexico abolished the mobile prefix 1 and the trunk prefixes 01, 044 and 045 in 2019:
# https://en.wikipedia.org/wiki/Telephone_numbers_in_Mexico
_OBSOLETE_FORMS = ((re.compile(r"^52(?:1|01|044|045)([0-9]{10})$"), r"52\1"),)

_KINDS: dict[int, CalleeKind] = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "fixed-line",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed-or-mobile",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.PREMIUM_RATE: "premium-rate",
    PhoneNumberType.SHARED_COST: "shared-cost",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PERSONAL_NUMBER: "personal",
}

# Codes without a country: https://www.itu.int/pub/T-SP-E.164D
_KINDS_OF_NETWORKS: tuple[tuple[str, CalleeKind], ...] = (
    ("+870", "satellite"),
    ("+881", "satellite"),
    ("+88213", "satellite"),
    ("+88216", "satellite"),
    ("+882", "international-network"),
    ("+883", "international-network"),
)

_NEVER_SIGNALLED = frozenset(("emergency", "premium-rate", "short-code"))
_GERMAN_MASS_TRAFFIC = "+49137"  # shared cost for phonenumbers, like 0180, which may be signalled


def clean(caller_id: str) -> str:
    """Return the digits, with the plus, or the blank that an unescaped plus becomes, before them.

    Raises BadParameterError for anything but digits and separators.
    """
    text = unquote(caller_id) if "%" in caller_id else caller_id  # it was encoded twice
    digits = _SEPARATORS.sub("", text.replace("\uff0b", "+"))
    digits = "".join(str(int(each)) if each.isdecimal() else each for each in digits)
    if text.startswith(" ") and not digits.startswith("+"):
        digits = " " + digits
    if not _NUMBER.fullmatch(digits):
        raise _unreadable("contains something that is not a digit")
    if len(digits) > MAX_DIGITS:
        raise _unreadable("is too long")
    return digits


def read_number(cleaned: str, numbering: Numbering) -> tuple[Callee, ...]:
    """Return the callee of a `clean`ed number.

    An ambiguous number has a second callee: the first is of another country than the home region,
    and its digits are also valid in the second reading.

    Raises BadParameterError for a number that cannot be dialled.
    """
    region, digits = numbering.home_region, cleaned.lstrip("+ ")
    if any(
        phonenumbers.is_emergency_number(each, region)
        for each in {digits, digits.removeprefix("0")}
    ):
        return (Callee("emergency", region),)
    if cleaned.startswith("+") or (cleaned.startswith(" ") and _lost_its_plus(digits, numbering)):
        return _choose([_international(digits)], region)
    if behind_prefix := _behind_international_prefix(digits, region):
        return _choose(behind_prefix, region)
    if _is_internal(digits, numbering):
        return (Callee("internal", region),)
    if written := _written_as_national(digits, region):
        return (_callee(written),)
    if _is_short_number(digits, region):
        return (Callee("short-code", region),)
    readings = [_international(digits), _national(digits, region)]
    if numbering.plain_numbers == "national" and any(map(_is_valid, readings)):
        readings.reverse()
    return _choose(readings, region)


def comparable(number: str, numbering: Numbering) -> str | None:
    """Return one spelling for all spellings of a number: E.164, or else its digits.

    Return None for text that is not a number.
    """
    try:
        cleaned = clean(number)
        return read_number(cleaned, numbering)[0].number or cleaned
    except BadParameterError:
        return None


def read_international(cleaned: str) -> Callee:
    """Return the callee of a `clean`ed number that begins with a plus and the country code.

    Raises BadParameterError for any other number.
    """
    if not cleaned.startswith("+"):
        raise _unreadable("does not begin with a plus and the country code")
    return _choose([_international(cleaned[1:])], "")[0]


def signalled_number(text: str, prefix: str, numbering: Numbering) -> str | None:
    """Return the number to signal for the agent's number `text`, behind `prefix`.

    Return None if that cannot be a number, such as 0, or must not be shown to a called party: an
    emergency, premium-rate, mass-traffic or public short number (in Germany: TKG section 120).
    """
    number = _SIGNALLED_SEPARATORS.sub("", text)
    complete = _SIGNALLED_SEPARATORS.sub("", prefix) + number
    digits = complete.removeprefix("+")
    if not re.fullmatch(r"\+?[0-9]+", number) or not re.fullmatch("[0-9]+", digits):
        return None
    if len(digits) > MAX_E164_DIGITS:
        return None
    try:
        readings = read_number(complete, numbering)
    except BadParameterError:
        return None
    if any(each.kind in _NEVER_SIGNALLED or is_mass_traffic(each) for each in readings):
        return None
    return complete


def is_mass_traffic(callee: Callee) -> bool:
    """Return whether a number is a German one for mass calls, such as televoting."""
    return (callee.number or "").startswith(_GERMAN_MASS_TRAFFIC)


# The steps of reading -----------------------------------------------------------------------------


def _lost_its_plus(digits: str, numbering: Numbering) -> bool:
    """Return whether a leading blank was a plus: the rest is valid, and not dialled so at home."""
    region = numbering.home_region
    trunk_prefix = phonenumbers.ndd_prefix_for_region(region, True) or "0"
    dialled_at_home = (
        digits.startswith(("0", trunk_prefix))
        or _is_internal(digits, numbering)
        or _is_short_number(digits, region)
        or _behind_international_prefix(digits, region)
    )
    return not dialled_at_home and _is_valid(_international(digits))


def _is_internal(digits: str, numbering: Numbering) -> bool:
    if numbering.internal_digits is not None:
        return len(digits) in numbering.internal_digits
    region = numbering.home_region
    return (
        len(digits) <= MAX_UNDECLARED_INTERNAL_DIGITS
        and not digits.startswith("0")
        and not _is_public_short_code(digits, region)
        and _written_as_national(digits, region) is None
    )


def _is_short_number(digits: str, region: str) -> bool:
    number = _from_digits(phonenumbers.country_code_for_region(region), digits)
    return phonenumbers.is_valid_short_number_for_region(number, region)


def _is_public_short_code(digits: str, region: str) -> bool:
    """Return whether people can call this short number, whoever their carrier is."""
    number = _from_digits(phonenumbers.country_code_for_region(region), digits)
    return (
        phonenumbers.is_valid_short_number_for_region(number, region)
        and not phonenumbers.is_sms_service_for_region(number, region)
        and not phonenumbers.is_carrier_specific_for_region(number, region)
    )


def _behind_international_prefix(digits: str, region: str) -> list[PhoneNumber]:
    """Return the possible readings as an international prefix and a number.

    `00` is one everywhere, unless the digits are a national number. Countries in which callers
    choose a carrier by the prefix have several readings, such as 0041 in Brazil.
    """
    if digits.startswith("00") and _written_as_national(digits, region) is not None:
        return []
    numbers = []
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    prefix = metadata and re.match(metadata.international_prefix or "$", digits)
    if prefix:
        numbers.append(_international(digits[prefix.end() :]))
    if digits.startswith("00"):
        numbers.append(_international(digits[2:]))
    return [number for number in numbers if number is not None and _is_dialable(number)]


def _written_as_national(digits: str, region: str) -> PhoneNumber | None:
    """Return the number if libphonenumber writes it with exactly these digits in its country."""
    number = _parse(digits, region)
    if digits.startswith("00"):  # some toll-free numbers; `parse` takes 00 for a prefix
        number = _from_digits(phonenumbers.country_code_for_region(region), digits)
    if number is None or not phonenumbers.is_valid_number(number):
        return None
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return number if re.sub("[^0-9]", "", written) == digits else None


def _international(digits: str) -> PhoneNumber | None:
    """Read a country code and a number. People also write +00 49, +48 (0) 22 and +52 1."""
    digits = digits.removeprefix("00")
    number = _parse("+" + digits, None)
    if number is None:
        return None
    country_code = str(number.country_code)
    exact = _from_digits(int(country_code), digits.removeprefix(country_code))
    if _is_valid(exact):  # `parse` may drop a first digit that looks like a trunk prefix
        return exact
    return number if _is_valid(number) else _corrected(country_code, digits) or number


def _national(digits: str, region: str) -> PhoneNumber | None:
    number = _parse(digits, region)
    if number is None or phonenumbers.is_valid_number(number):
        return number
    country_code = str(phonenumbers.country_code_for_region(region))
    return _corrected(country_code, country_code + digits) or number


def _corrected(country_code: str, digits: str) -> PhoneNumber | None:
    """Return the number if it is valid only without a trunk zero, or in an obsolete form."""
    forms = [pattern.sub(form, digits) for pattern, form in _OBSOLETE_FORMS]
    if digits.startswith(country_code + "0"):
        forms.append(country_code + digits[len(country_code) + 1 :])
    for form in forms:
        number = _parse("+" + form, None) if form != digits else None
        if _is_valid(number):
            return number
    return None


def _choose(readings: Iterable[PhoneNumber | None], region: str) -> tuple[Callee, ...]:
    """Return the first valid reading, else the first possible one, and behind it another one.

    There is another one only if the chosen reading is of another country than `region`.
    """
    numbers = [number for number in readings if number is not None and _is_dialable(number)]
    if not numbers:
        raise _unreadable(
            "cannot be a telephone number: it is too short, too long or of no country"
        )
    chosen = numbers[0] if len(numbers) == 1 else next(filter(_is_valid, numbers), numbers[0])
    callee = _callee(chosen)
    if callee.country == region:
        return (callee,)
    for number in numbers:
        if _digits(number) == _digits(chosen):
            continue
        # A reading with surplus digits counts only if the chosen one is not valid either.
        if _is_valid(number) or (not _is_valid(chosen) and _without_surplus_digits(number)):
            return (callee, _callee(number))
    return (callee,)


def _callee(number: PhoneNumber) -> Callee:
    number_type = phonenumbers.number_type(number)
    is_valid = number_type != PhoneNumberType.UNKNOWN
    shorter = None if is_valid else _without_surplus_digits(number)
    classified = shorter or number
    if shorter:
        number_type = phonenumbers.number_type(shorter)
    e164 = "+" + _digits(number)
    country = phonenumbers.region_code_for_number(classified)
    kinds = [kind for prefix, kind in _KINDS_OF_NETWORKS if e164.startswith(prefix)]
    return Callee(
        kind=kinds[0] if kinds else _KINDS.get(number_type, "unknown"),
        country=None if country == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY else country,
        number=e164,
        without_surplus=None if shorter is None else "+" + _digits(shorter),
    )


def _is_valid(number: PhoneNumber | None) -> bool:
    return number is not None and phonenumbers.is_valid_number(number)


def _is_dialable(number: PhoneNumber | None) -> bool:
    if number is None or phonenumbers.is_possible_number(number):
        return number is not None
    return len(_digits(number)) <= MAX_E164_DIGITS and _without_surplus_digits(number) is not None


def _without_surplus_digits(number: PhoneNumber) -> PhoneNumber | None:
    """Return the valid number at the beginning of one that is too long: networks dial that one."""
    shorter = copy(number)
    for _ in range(MAX_SURPLUS_DIGITS):
        shorter.national_number = (shorter.national_number or 0) // 10
        if phonenumbers.is_valid_number(shorter):
            return shorter
    return None


def _from_digits(country_code: int, national: str) -> PhoneNumber:
    """Return the number with exactly these digits: Spain's 016 is not its 16."""
    zeros = len(national) - len(national.lstrip("0"))
    return PhoneNumber(
        country_code=country_code,
        national_number=int(national or 0),
        italian_leading_zero=zeros > 0,
        number_of_leading_zeros=zeros,
    )


def _digits(number: PhoneNumber) -> str:
    e164: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164.removeprefix("+")


def _parse(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region)
    except NumberParseException:
        return None


def _unreadable(why: str) -> BadParameterError:
    return BadParameterError("CallerID", f"CallerID, the number to be called, {why}.")
