"""Salesforce record ids: 15 case-sensitive characters, or 18 with a checksum of 3 characters.

The checksum encodes the case of each letter, so that systems that ignore case can be used:
https://help.salesforce.com/s/articleView?id=000385585
"""

import re
from collections.abc import Mapping

# Key prefixes of standard objects are the same in all organisations, unlike those of custom ones.
# https://help.salesforce.com/s/articleView?id=000385203
STANDARD_OBJECTS: Mapping[str, str] = {
    "001": "Account",
    "003": "Contact",
    "005": "User",
    "006": "Opportunity",
    "00Q": "Lead",
    "00T": "Task",
    "00U": "Event",
    "02i": "Asset",
    "0WO": "WorkOrder",
    "500": "Case",
    "701": "Campaign",
    "800": "Contract",
    "801": "Order",
}

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def to_18(record_id: str) -> str | None:
    """Return the 18-character form. Return None for an invalid id or checksum."""
    if not _ID.fullmatch(record_id):
        return None
    full = record_id[:15] + _checksum(record_id[:15])
    return full if record_id in (full, full[:15]) else None


def key_prefix(record_id: str) -> str:
    """Return the 3 characters that identify the object of the record."""
    return record_id[:3]


def _checksum(id15: str) -> str:
    """Return one character for each five: bit n is set if the nth is an upper-case letter."""
    return "".join(
        _ALPHABET[sum(c.isupper() << n for n, c in enumerate(id15[start : start + 5]))]
        for start in (0, 5, 10)
    )
