"""The time zone of the company."""

import phonenumbers
from phonenumbers import PhoneNumber
from phonenumbers.timezone import time_zones_for_geographical_number


def home_zone(region: str, zone: str | None = None) -> str | None:
    """`zone` where the plan says one, else that of the region; None where that has several."""
    if zone is not None:
        return zone
    code = phonenumbers.country_code_for_region(region)
    zones = time_zones_for_geographical_number(PhoneNumber(country_code=code, national_number=0))
    return zones[0] if len(zones) == 1 and "/" in zones[0] else None
