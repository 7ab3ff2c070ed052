"""Keys of the entries of number lists in the table. Pure."""

from click_to_dial.model import Callee
from click_to_dial.pseudonym import Pseudonym

PREFIX_DIGITS = (3, 5, 7)
"""Allowed numbers of digits (after the plus) of a prefix on a list. Each costs a key."""


def numbers_on_lists(callee: Callee) -> list[str]:
    """Return the numbers to look up in lists: none for a short or internal number."""
    return [number for number in (callee.number, callee.without_surplus) if number is not None]


def entry_keys(name: str, number: str, pseudonym: Pseudonym) -> list[str]:
    """Return the keys of all entries of a list that would contain the number (E.164)."""
    digits = number.removeprefix("+")
    prefixes = [prefix_key(name, digits[:length]) for length in PREFIX_DIGITS]
    return [number_key(name, number, pseudonym), *prefixes]


def list_prefix(name: str) -> str:
    """Return the prefix of the keys of all entries of a list."""
    return f"list#{name}#"


def number_key(name: str, number: str, pseudonym: Pseudonym) -> str:
    """Return the key of a number on a list."""
    return f"{list_prefix(name)}{pseudonym(number)}"


def prefix_key(name: str, digits: str) -> str:
    """Return the key of a prefix on a list. A prefix is not hashed, because it is not personal."""
    return f"{list_prefix(name)}prefix#{digits}"
