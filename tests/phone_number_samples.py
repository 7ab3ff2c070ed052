"""Random valid phone numbers of every region, generated from the patterns of phonenumbers."""

import random
import re
from collections.abc import Iterator
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberFormat

parser: Any = re._parser  # type: ignore[attr-defined]  # the only parser of patterns in the library

FORMS = ("national format", "E.164", "E.164 without plus", "behind the international prefix")

INTERNAL_DIGITS = 6

_TYPES = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


def numbers(region: str, count: int) -> Iterator[PhoneNumber]:
    """Yield the example of each type of number, then `count` random valid numbers of any type."""
    metadata: Any = PhoneMetadata.metadata_for_region(region)
    types = [getattr(metadata, name) for name in _TYPES]
    types = [each for each in types if each is not None and each.national_number_pattern]
    for each in types:
        if each.example_number:
            yield phonenumbers.parse(f"+{metadata.country_code}{each.example_number}")
    chance = random.Random(region)  # the same numbers each time
    left = count
    for _ in range(count * 200):
        pattern = chance.choice(types).national_number_pattern
        digits = _random_match(parser.parse(pattern), chance)
        number = _number(metadata.country_code, digits)
        if not left:
            return
        if phonenumbers.is_valid_number_for_region(number, region):
            left -= 1
            yield number


def forms(number: PhoneNumber, region: str) -> Iterator[tuple[str, str]]:
    """Yield the name of each form of writing, and the number in this form.

    The national format is left out if another number has the same one, as in Gabon. E.164 without
    plus is left out if a national number has the same digits, or if it has at most six: then it is
    an internal number.
    """
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    digits = e164.removeprefix("+")
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    country_code = number.country_code or 0
    national_digits = "".join(filter(str.isdigit, written))
    same = _number(country_code, national_digits)
    if same == number or not is_national(national_digits, country_code):
        yield FORMS[0], written
    yield FORMS[1], e164
    if len(digits) > INTERNAL_DIGITS and not is_national(digits, country_code):
        yield FORMS[2], digits
    prefix = international_prefix(region)
    if prefix is not None:
        yield FORMS[3], prefix + digits


def international_prefix(region: str) -> str | None:
    """Return the prefix for international calls, or None if it depends on the carrier."""
    metadata: Any = PhoneMetadata.metadata_for_region(region)
    preferred = metadata.preferred_international_prefix or metadata.international_prefix or ""
    prefix = preferred.replace("~", "")
    return prefix if prefix.isdigit() else None


def is_national(digits: str, country_code: int) -> bool:
    """Return whether a national number of this country code is written with these digits.

    That is independent of how numbers are parsed: the digits are a valid national number, which
    libphonenumber writes like this.
    """
    number = _number(country_code, digits)
    if not phonenumbers.is_valid_number(number):
        return False
    written = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return "".join(filter(str.isdigit, written)) == digits


def _number(country_code: int, digits: str) -> PhoneNumber:
    zeros = len(digits) - len(digits.lstrip("0"))
    return PhoneNumber(
        country_code=country_code,
        national_number=int(digits or 0),
        italian_leading_zero=zeros > 0 or None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def _random_match(tree: Any, chance: random.Random) -> str:
    """Return a random text that a parsed pattern of digits matches. Lookahead is ignored."""
    text = ""
    for operator, value in tree:
        match str(operator):
            case "LITERAL":
                text += chr(value)
            case "IN":
                text += chance.choice(_digits_of(value))
            case "MAX_REPEAT":
                least, most, repeated = value
                for _ in range(chance.randint(least, min(most, 17))):
                    text += _random_match(repeated, chance)
            case "BRANCH":
                text += _random_match(chance.choice(value[1]), chance)
            case "SUBPATTERN":
                text += _random_match(value[3], chance)
    return text


def _digits_of(members: Any) -> list[str]:
    digits: list[str] = []
    for operator, value in members:
        if str(operator) == "RANGE":
            digits += map(chr, range(value[0], value[1] + 1))
        elif str(operator) == "LITERAL":
            digits.append(chr(value))
        else:  # the category \d
            digits += "0123456789"
    return digits
