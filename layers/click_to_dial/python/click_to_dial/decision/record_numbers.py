"""The phone numbers in a record, and whether the called number is one of them. Pure."""

from collections.abc import Iterable

from click_to_dial.errors import BadParameterError
from click_to_dial.list_keys import numbers_on_lists
from click_to_dial.model import Callee, Click, Numbering
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.pseudonym import Pseudonym


def hash_numbers(
    texts: Iterable[str], numbering: Numbering, pseudonym: Pseudonym
) -> tuple[str, ...]:
    """Return the keyed hashes of the numbers, each in all its readings.

    A text that is not a phone number is left out.
    """
    found: set[str] = set()
    for text in texts:
        try:
            cleaned = clean(text)
            found |= _spellings(read_number(cleaned, numbering), cleaned)
        except BadParameterError:
            continue
    return tuple(sorted(map(pseudonym, found)))


def is_on_record(click: Click, hashes: Iterable[str], pseudonym: Pseudonym) -> bool:
    """Return whether one of the hashes is that of the called number, in any of its readings."""
    callees = [each for each in (click.callee, click.other_callee) if each is not None]
    return not set(map(pseudonym, _spellings(callees, click.digits))).isdisjoint(hashes)


def _spellings(callees: Iterable[Callee], digits: str) -> set[str]:
    """Return a number in E.164, also without surplus digits; a short or internal one as digits."""
    found = {number for callee in callees for number in numbers_on_lists(callee)}
    return found or {digits.lstrip("+ ")}
