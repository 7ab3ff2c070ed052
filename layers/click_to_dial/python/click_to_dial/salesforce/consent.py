"""The person's consent to telephone calls: Salesforce's object ContactPointTypeConsent.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contactpointtypeconsent.htm
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

CONSENT = "consent"
"""The attribute of an object whose field leads to the Individual instead of a value."""

CONSENTS = ("opted-out", "opted-in", "expired", "none")
"""The attribute's values, the least permissive first."""


def consent_of(rows: Iterable[Mapping[str, Any]], now: float) -> str:
    """Return opted-in, opted-out, expired or none at `now` (seconds since 1970).

    If there are several consents, for different brands or purposes, an opt-out outweighs the
    others. Raises KeyError, TypeError or ValueError for rows that do not have the requested form.
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
    if status != "OptIn" or not has_begun:  # NotSeen and Seen are no consent
        return "none"
    return "expired" if has_ended else "opted-in"


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
