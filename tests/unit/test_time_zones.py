"""The time zones of numbers, and their corrections against the place names of phonenumbers."""

from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
import pytest
from phonenumbers import geocoder

from click_to_dial.dialplan.calling_hours import Window, is_open
from click_to_dial.model import Numbering
from click_to_dial.phone_numbers import read_number
from click_to_dial.time_zones import CORRECTIONS, time_zones

WINDOW = Window(None, {day: [(9 * 60, 20 * 60)] for day in range(7)}, {})


def zones(number: str, at: float = 1_780_000_000) -> tuple[str, ...]:
    callee = read_number(number, Numbering("DE"))[0]
    return time_zones(number, callee.country, at)


@pytest.mark.parametrize(
    ("number", "zone", "local", "expected"),
    [
        ("+61740311234", "Australia/Brisbane", "2026-01-14T08:30", False),  # Cairns
        ("+61740311234", "Australia/Brisbane", "2026-01-14T12:00", True),
        ("+212612345678", "Africa/Casablanca", "2026-01-14T20:30", False),
        ("+212612345678", "Africa/Casablanca", "2026-01-14T19:30", True),
        ("+74012123456", "Europe/Kaliningrad", "2026-07-15T08:30", False),
        ("+74012123456", "Europe/Kaliningrad", "2026-07-15T12:00", True),
        ("+526141234567", "America/Chihuahua", "2026-07-15T20:30", False),
        ("+526141234567", "America/Chihuahua", "2026-07-15T12:00", True),
        ("+18762345678", "America/Jamaica", "2026-07-15T12:00", True),
        ("+77011234567", "Asia/Almaty", "2026-07-15T12:00", True),
        ("+558132161234", "America/Recife", "2026-07-15T08:30", False),
        ("+559132121234", "America/Belem", "2026-07-15T20:30", False),
        ("+56612234567", "America/Punta_Arenas", "2026-07-15T20:30", False),
        ("+78452123456", "Europe/Saratov", "2026-07-15T20:30", False),
        ("+18505551234", "America/Chicago", "2026-07-15T08:30", False),  # Pensacola
        ("+18676681234", "America/Whitehorse", "2026-01-14T20:30", False),
        ("+18676681234", "America/Whitehorse", "2026-01-14T12:00", True),
        ("+13068251234", "America/Edmonton", "2026-01-14T08:30", False),  # Lloydminster
        ("+68940921234", "Pacific/Marquesas", "2026-07-15T20:15", False),
        ("+6759739123", "Pacific/Bougainville", "2026-07-15T20:30", False),
        ("+869912811234", "Asia/Urumqi", "2026-01-14T08:30", False),
        ("+869912811234", "Asia/Urumqi", "2026-01-14T12:00", True),
        ("+79161234567", "Europe/Kaliningrad", "2026-01-14T08:30", False),
        ("+40212345678", "Europe/Bucharest", "2026-01-14T09:30", True),
    ],
)
def test_calling_hours(number: str, zone: str, local: str, expected: bool) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()
    callee = read_number(number, Numbering("DE"))[0]
    assert is_open(WINDOW, zones(number, now), callee.country, now) is expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+31201234567", ("Europe/Amsterdam",)),  # a link to Brussels, which is not Dutch
        ("+919876543210", ("Asia/Kolkata",)),  # Asia/Calcutta in libphonenumber
        ("+24765123", ("Atlantic/St_Helena",)),  # no row in zone.tab
        ("+38349123456", ("Europe/Belgrade",)),
        ("+80012345678", ()),
        ("+870761234567", ()),
    ],
)
def test_zones_of_a_number(number: str, expected: tuple[str, ...]) -> None:
    assert zones(number) == expected


PLACES = {
    "America/Belem": ("Belém", "Pará", "Macapá", "Amapá"),
    "America/Chihuahua": ("Chihuahua", "CHIH"),
    "America/Coyhaique": ("Aisén",),
    "America/Fortaleza": ("MA", "Maranhão"),
    "America/Punta_Arenas": ("Magallanes",),
    "America/Santarem": ("Pará",),
    "America/Whitehorse": ("Yukon", "YT", "Watson Lake"),
    "Europe/Kaliningrad": ("Kaliningrad",),
    "Europe/Saratov": ("Saratov",),
    "Pacific/Marquesas": ("Remote Archipelago",),
}
"""Parts of the place names in each zone that corrections give to a whole area code."""


@pytest.mark.parametrize("correction", CORRECTIONS, ids=lambda correction: str(correction[0]))
def test_corrections_agree_with_place_names(correction: tuple[str, tuple[str, ...], str]) -> None:
    prefix, corrected, source = correction
    assert set(corrected) <= available_timezones()
    assert source.startswith("https://")
    if len(corrected) > 1 or corrected[0] not in PLACES:
        return  # of several zones, or not known to the geocoder
    number = phonenumbers.parse(
        "+" + prefix.ljust(12 if prefix.startswith(("52", "55")) else 11, "2")
    )
    place = geocoder.description_for_valid_number(number, "en")
    assert any(part in place for part in PLACES[corrected[0]]), place


def test_every_correction_is_needed() -> None:
    """libphonenumber does not give these zones, not even with those of the same standard time."""
    from phonenumbers.timezone import time_zones_for_geographical_number

    for prefix, corrected, _ in CORRECTIONS:
        number = phonenumbers.parse("+" + prefix.ljust(11, "2"))
        assert set(time_zones_for_geographical_number(number)) != set(corrected), prefix
