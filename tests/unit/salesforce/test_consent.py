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
    assert consent_of(rows, NOW) == expected
