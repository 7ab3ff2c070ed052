"""Salesforce record ids: 15 case-sensitive characters, or 18, of which the last 3 are a checksum.

The checksum encodes the case of each letter, so that ids survive systems that ignore case:
https://help.salesforce.com/s/articleView?id=000385585
"""

import re
from collections.abc import Mapping

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
"""Objects whose key prefix is the same in every organisation. Salesforce is asked about others.

https://help.salesforce.com/s/articleView?id=000385203
"""

_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def to_18(record_id: str) -> str | None:
    """Return the 18-character form; None if `record_id` is no id or its checksum is wrong."""
    if not _ID.fullmatch(record_id):
        return None
    # One character for each five: bit n is set if the nth is an upper-case letter.
    checksum = "".join(
        _ALPHABET[sum(c.isupper() << n for n, c in enumerate(record_id[start : start + 5]))]
        for start in (0, 5, 10)
    )
    full = record_id[:15] + checksum
    return full if record_id in (full, full[:15]) else None


def key_prefix(record_id: str) -> str:
    """Return the 3 characters that identify the object of the record."""
    return record_id[:3]
