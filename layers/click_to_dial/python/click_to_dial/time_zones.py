"""The time zones that a phone number may be in.

libphonenumber maps prefixes of numbers to zones, but some rows are wrong, outdated or of another
country: Cairns has the zone of Sydney, and Morocco that of the Canary Islands. Calling hours must
be open in all zones of a number, so a zone too many delays a call, and a missing one permits a call
at night.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import timezone

_UNKNOWN = "Etc/Unknown"

_WIKIPEDIA = "https://en.wikipedia.org/wiki/"
_BRAZIL = _WIKIPEDIA + "List_of_dialling_codes_in_Brazil"
_CHINA = _WIKIPEDIA + "Telephone_numbers_in_China"
_CHILE = _WIKIPEDIA + "Telephone_numbers_in_Chile"
_FRENCH_POLYNESIA = _WIKIPEDIA + "Telephone_numbers_in_French_Polynesia"
_MEXICO = _WIKIPEDIA + "Telephone_numbers_in_Mexico"
_NORTH_AMERICA = "https://www.nanpa.com/area-code-maps"
_PAPUA_NEW_GUINEA = _WIKIPEDIA + "Telephone_numbers_in_Papua_New_Guinea"
_RUSSIA = _WIKIPEDIA + "Telephone_numbers_in_Russia"

CORRECTIONS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    # Digits after the plus; the zones there; the source for the area of these digits.
    ("1219", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1236", ("America/Vancouver", "America/Edmonton"), _NORTH_AMERICA),
    ("1250", ("America/Vancouver", "America/Edmonton"), _NORTH_AMERICA),
    ("1270", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1306", ("America/Regina", "America/Edmonton"), _NORTH_AMERICA),  # Lloydminster
    ("1308", ("America/Chicago", "America/Denver"), _NORTH_AMERICA),
    ("1364", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1367", ("America/Toronto", "America/Halifax"), _NORTH_AMERICA),
    ("1418", ("America/Toronto", "America/Halifax"), _NORTH_AMERICA),
    ("1423", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1448", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1458", ("America/Los_Angeles", "America/Boise"), _NORTH_AMERICA),
    ("1474", ("America/Regina", "America/Edmonton"), _NORTH_AMERICA),
    ("1541", ("America/Los_Angeles", "America/Boise"), _NORTH_AMERICA),
    ("1574", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1581", ("America/Toronto", "America/Halifax"), _NORTH_AMERICA),
    ("1605", ("America/Chicago", "America/Denver"), _NORTH_AMERICA),
    ("1620", ("America/Chicago", "America/Denver"), _NORTH_AMERICA),
    ("1639", ("America/Regina", "America/Edmonton"), _NORTH_AMERICA),
    ("1672", ("America/Vancouver", "America/Edmonton"), _NORTH_AMERICA),
    ("1701", ("America/Chicago", "America/Denver"), _NORTH_AMERICA),
    ("1729", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1778", ("America/Vancouver", "America/Edmonton"), _NORTH_AMERICA),
    ("1785", ("America/Chicago", "America/Denver"), _NORTH_AMERICA),
    ("1807", ("America/Toronto", "America/Winnipeg"), _NORTH_AMERICA),
    ("1812", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1850", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    *((f"1867{code}", ("America/Whitehorse",), _NORTH_AMERICA) for code in (393, 456, 536, 633)),
    *((f"1867{code}", ("America/Whitehorse",), _NORTH_AMERICA) for code in (667, 668, 993)),
    ("1867334", ("America/Whitehorse", "America/Edmonton"), _NORTH_AMERICA),
    ("1879", ("America/St_Johns", "America/Goose_Bay"), _NORTH_AMERICA),
    ("1906", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1930", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    ("1931", ("America/Chicago", "America/New_York"), _NORTH_AMERICA),
    *((f"52{code}", ("America/Chihuahua",), _MEXICO) for code in (614, 621, 625, 627, 628, 629)),
    *((f"52{code}", ("America/Chihuahua",), _MEXICO) for code in (635, 636, 639, 648, 652, 659)),
    ("52649", ("America/Chihuahua", "America/Monterrey"), _MEXICO),
    ("52663", ("America/Tijuana",), _MEXICO),
    ("5581", ("America/Recife", "America/Noronha"), _BRAZIL),
    ("5591", ("America/Belem",), _BRAZIL),
    ("5593", ("America/Santarem",), _BRAZIL),
    ("5594", ("America/Belem",), _BRAZIL),
    ("5596", ("America/Belem",), _BRAZIL),
    ("5597", ("America/Manaus", "America/Eirunepe"), _BRAZIL),
    ("5598", ("America/Fortaleza",), _BRAZIL),
    ("5599", ("America/Fortaleza",), _BRAZIL),
    ("5632210", ("America/Santiago", "Pacific/Easter"), _CHILE),
    ("5632255", ("America/Santiago", "Pacific/Easter"), _CHILE),
    ("5661", ("America/Punta_Arenas",), _CHILE),
    ("5667", ("America/Coyhaique",), _CHILE),
    ("67597", ("Pacific/Port_Moresby", "Pacific/Bougainville"), _PAPUA_NEW_GUINEA),
    ("6894091", ("Pacific/Marquesas",), _FRENCH_POLYNESIA),
    ("6894092", ("Pacific/Marquesas",), _FRENCH_POLYNESIA),
    ("6894097", ("Pacific/Tahiti", "Pacific/Gambier"), _FRENCH_POLYNESIA),
    ("7401", ("Europe/Kaliningrad",), _RUSSIA),
    ("7411", ("Asia/Yakutsk", "Asia/Vladivostok", "Asia/Srednekolymsk"), _RUSSIA),
    ("7845", ("Europe/Saratov",), _RUSSIA),
    # Xinjiang has the time of Beijing, but people also use a time two hours behind.
    *((f"86{code}", ("Asia/Shanghai", "Asia/Urumqi"), _CHINA) for code in range(990, 1000)),
    *((f"86{code}", ("Asia/Shanghai", "Asia/Urumqi"), _CHINA) for code in (901, 902, 903, 906)),
    *((f"86{code}", ("Asia/Shanghai", "Asia/Urumqi"), _CHINA) for code in (908, 909)),
)

_SUBSTITUTES = {"Europe/Bucharest": "Europe/Kaliningrad"}
"""A zone that libphonenumber gives to numbers of another country, and the zone of these numbers."""


def time_zones(number: str, country: str | None, now: float) -> tuple[str, ...]:
    """Return the IANA zones of a number (E.164 with plus) of this country; none if unknown.

    A number of a whole country, such as a mobile, may be in any zone of the country. `now` is in
    seconds since 1970: zones change.
    """
    parsed = phonenumbers.parse(number)
    corrected = [zones for prefix, zones, _ in CORRECTIONS if number.startswith("+" + prefix)]
    if corrected:  # the first digits tell the area, even if the number is not valid
        number_type = phonenumbers.number_type(parsed)
        if number_type == phonenumbers.PhoneNumberType.UNKNOWN or (
            phonenumbers.is_number_type_geographical(number_type, parsed.country_code or 0)
        ):
            return corrected[0]
    candidates: tuple[str, ...] = tuple(timezone.time_zones_for_number(parsed))
    if candidates == (_UNKNOWN,):  # no valid number; its first digits still tell the country
        candidates = tuple(timezone.time_zones_for_geographical_number(parsed))
    if candidates == (_UNKNOWN,):
        candidates = ()
    zones = _zones_of_countries().get(country or "")
    if zones is None:  # some territories have no row in zone.tab
        return candidates
    links = _links()
    canonical = {links.get(zone, zone) for zone in candidates}
    canonical |= {_SUBSTITUTES[zone] for zone in candidates if zone in _SUBSTITUTES}
    kept = [zone for zone in zones if links.get(zone, zone) in canonical]
    year = datetime.fromtimestamp(now, UTC).year
    standard_times = {_standard_time(zone, year) for zone in kept}
    return tuple(zone for zone in zones if _standard_time(zone, year) in standard_times) or zones


@cache
def _zones_of_countries() -> dict[str, tuple[str, ...]]:
    zones: dict[str, tuple[str, ...]] = {}
    for line in _lines("zone.tab"):
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country] = (*zones.get(country, ()), zone)
    return zones


@cache
def _links() -> dict[str, str]:
    """Return the zone for each other name of a zone, such as Asia/Calcutta."""
    links = [line.split() for line in _lines("tzdata.zi") if line.startswith("L ")]
    targets = {name: target for _, target, name in links}
    return {name: targets.get(target, target) for name, target in targets.items()}


def _lines(file: str) -> Iterator[str]:
    text = (resources.files("tzdata.zoneinfo") / file).read_text("utf-8")
    return iter(text.splitlines())


@cache
def _standard_time(zone: str, year: int) -> float:
    """Return the seconds ahead of UTC outside summer time."""
    days = (datetime(year, month, 1, 12, tzinfo=ZoneInfo(zone)) for month in (1, 7))
    offsets = [day.utcoffset() for day in days]
    return min(offset.total_seconds() for offset in offsets if offset is not None)
