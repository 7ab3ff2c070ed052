"""The person's consent to telephone calls: Salesforce's object ContactPointTypeConsent.

https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_contactpointtypeconsent.htm
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

CONSENT = "consent"
"""The attribute of an object whose field leads to the Individual instead of a value."""

CONSENTS = ("opted-out", "opted-in", "expired", "none")
"""The attribute's values, the least permissive first."""


class Consent(NamedTuple):
    """A person's consent: opted-in, opted-out, expired or none.

    `valid_until` is the next time (seconds since 1970) at which a consent begins or ends, or None.
    """

    state: str
    valid_until: float | None


def consent_of(rows: Iterable[Mapping[str, Any]], now: float) -> Consent:
    """Return the consent at `now` (seconds since 1970).

    If there are several consents, for different brands or purposes, an opt-out outweighs the
    others. Raises KeyError, TypeError or ValueError for rows that do not have the requested form.
    """
    states: set[str] = set()
    changes: set[float] = set()
    for row in rows:
        start, end = (
            None if row[name] is None else datetime.fromisoformat(row[name]).timestamp()
            for name in ("EffectiveFrom", "EffectiveTo")
        )
        states.add(_state(row["PrivacyConsentStatus"], start, end, now))
        changes |= {moment for moment in (start, end) if moment is not None and moment > now}
    return Consent(
        state=next((state for state in CONSENTS if state in states), "none"),
        valid_until=min(changes, default=None),
    )


def _state(status: Any, start: float | None, end: float | None, now: float) -> str:
    has_begun = start is None or start <= now
    has_ended = end is not None and end <= now
    if status == "OptOut":
        return "opted-out" if has_begun and not has_ended else "none"
    if status != "OptIn" or not has_begun:  # NotSeen and Seen are no consent
        return "none"
    return "expired" if has_ended else "opted-in"
