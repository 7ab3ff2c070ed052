"""The consent that results from the rows of ContactPointTypeConsent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from click_to_dial.salesforce.consent import consent_of

NOW = datetime.fromisoformat("2026-11-24T12:00:00+01:00").timestamp()


def consent(status: str, start: str | None = None, end: str | None = None) -> dict[str, Any]:
    return {"PrivacyConsentStatus": status, "EffectiveFrom": start, "EffectiveTo": end}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], "none"),
        ([consent("NotSeen"), consent("Seen")], "none"),
        ([consent("OptIn")], "opted-in"),
        ([consent("OptIn", "2026-11-24T11:00:00.000+0000")], "opted-in"),
        ([consent("OptIn", "2026-11-24T11:00:01.000+0000")], "none"),
        ([consent("OptIn", None, "2026-11-24T11:00:01.000+0000")], "opted-in"),
        ([consent("OptIn", None, "2026-11-24T11:00:00.000+0000")], "expired"),
        ([consent("OptOut"), consent("OptIn")], "opted-out"),
        ([consent("OptOut", None, "2020-01-01T00:00:00.000+0000"), consent("OptIn")], "opted-in"),
    ],
)
def test_consent(rows: list[Mapping[str, Any]], expected: str) -> None:
    assert consent_of(rows, NOW).state == expected


SOON, LATER = "2026-11-24T11:00:01.000+0000", "2026-11-25T11:00:00.000+0000"
PAST = "2026-11-24T11:00:00.000+0000"


@pytest.mark.parametrize(
    ("rows", "seconds"),
    [
        ([], None),
        ([consent("OptIn")], None),
        ([consent("OptIn", PAST, PAST)], None),
        ([consent("OptIn", PAST, LATER)], 86400),
        ([consent("OptOut", LATER)], 86400),
        ([consent("OptOut", None, SOON), consent("OptIn", None, LATER)], 1),
        ([consent("OptIn", LATER), consent("OptOut", SOON, LATER)], 1),
    ],
)
def test_a_consent_is_valid_until_one_begins_or_ends(
    rows: list[Mapping[str, Any]], seconds: float | None
) -> None:
    found = consent_of(rows, NOW).valid_until
    assert (None if found is None else found - NOW) == seconds
    if found is not None:
        assert consent_of(rows, found - 0.5).state == consent_of(rows, NOW).state
