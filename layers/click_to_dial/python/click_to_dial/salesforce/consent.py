"""What the person behind a record said about telephone calls: ContactPointTypeConsent.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contactpointtypeconsent.htm
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

CONSENT = "consent"
"""The attribute of an object whose field leads to the Individual, not to a value."""

CONSENTS = ("opted-out", "opted-in", "expired", "none")
"""What it may be; the least permissive first."""


def consent_of(rows: Iterable[Mapping[str, Any]], now: float) -> str:
    """opted-in, opted-out, expired or none at `now` (seconds since 1970).

    Where there are several consents, of different brands or purposes, an opt-out outweighs the
    others. Raises KeyError, TypeError or ValueError for rows that are not as they were asked for.
    """
    states = {_state(row, now) for row in rows}
    return next((state for state in CONSENTS if state in states), "none")


def _state(row: Mapping[str, Any], now: float) -> str:
    status, start, end = (
        row[name] for name in ("PrivacyConsentStatus", "EffectiveFrom", "EffectiveTo")
    )
    has_begun = start is None or _seconds(start) <= now
    has_ended = end is not None and _seconds(end) <= now
    if status == "OptOut":
        return "opted-out" if has_begun and not has_ended else "none"
    if status != "OptIn" or not has_begun:  # NotSeen and Seen say nothing
        return "none"
    return "expired" if has_ended else "opted-in"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
