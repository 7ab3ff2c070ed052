"""Salesforce record ids: 15 case-sensitive characters, or 18 of which the last 3 are a checksum.

The checksum holds the case of each letter, so that ids survive systems that ignore it:
https://help.salesforce.com/s/articleView?id=000385585
"""

import re
from collections.abc import Mapping

# Key prefixes of standard objects are the same everywhere; those of custom ones are learned.
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
    """The 18-character form; None where `record_id` is no id or its checksum does not hold."""
    if not _ID.fullmatch(record_id):
        return None
    full = record_id[:15] + _checksum(record_id[:15])
    return full if record_id in (full, full[:15]) else None


def key_prefix(record_id: str) -> str:
    """The 3 characters that say of which object the record is."""
    return record_id[:3]


def _checksum(id15: str) -> str:
    """One character per five: bit n is set where the nth of them is an upper-case letter."""
    return "".join(
        _ALPHABET[sum(c.isupper() << n for n, c in enumerate(id15[start : start + 5]))]
        for start in (0, 5, 10)
    )
