"""Calling hours: how they are written in a plan, and how they are published.

Holidays are looked up on publication. The `holidays` package takes half a second to import, which
no call should wait for, and a published plan shows on which days it is closed.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

import phonenumbers
from phonenumbers import PhoneNumber
from phonenumbers.timezone import time_zones_for_geographical_number
from pydantic import AfterValidator, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from dialplan_cli.plan.source import as_list
from dialplan_cli.plan.types import PlanModel, is_zone, one_or_list, require

HOLIDAY_YEARS = 10
"""Holidays are published for the current year and the nine years after it."""

CALLEE = "callee"
"""Value of `zone` and `holidays`: those of the number to be called."""

HOME = "home"
"""Value of `zone`: the zone of the company."""

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = re.compile(rf"({_TIME})-({_TIME}|24:00)")
_SPAN_SCHEMA = {"type": "string", "pattern": f"^{_SPAN.pattern}$"}


def parse_days(days: str) -> list[int]:
    """Return the weekdays of `Sat` or `Mon-Fri`; 0 is Monday. Raises ValueError."""
    first, _, last = days.partition("-")
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    if end < start:
        raise ValueError(days)
    return list(range(start, end + 1))


def parse_span(span: str) -> tuple[int, int]:
    """Return start and end of `08:00-20:00` in minutes after midnight. Raises ValueError."""
    if not _SPAN.fullmatch(span):
        raise ValueError(span)
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in span.split("-"))
    if start >= end:
        raise ValueError(span)
    return start, end


def ends_before_start(span: object) -> bool:
    """Return whether `20:00-02:00` would go on after midnight."""
    first, _, last = str(span).partition("-")
    return _SPAN.fullmatch(str(span)) is not None and first > last


def _unique_weekdays(opened: dict[str, Any]) -> dict[str, Any]:
    """Refuse a weekday that is named twice: it would be open at both times."""
    seen: dict[int, str] = {}
    for days in opened:
        for day in parse_days(days):
            if day in seen:
                message = (
                    f"names {WEEKDAYS[day]} twice, in '{seen[day]}' and '{days}'; name each day "
                    "once, with a list if it has several hours"
                )
                raise PydanticCustomError("plan", "{message}", {"message": message})
            seen[day] = days
    return opened


def _accepts(parse: Callable[[str], object], text: object) -> bool:
    try:
        parse(str(text))
    except ValueError:
        return False
    return True


@cache
def holiday_regions() -> frozenset[str]:
    """Return the countries with known holidays, such as DE, and their regions, such as DE-BY."""
    import holidays  # too slow for the start of every command

    countries = holidays.list_supported_countries()
    regions = {f"{country}-{name}" for country, names in countries.items() for name in names}
    return frozenset(countries) | regions


_Days = Annotated[
    str,
    require(
        lambda days: _accepts(parse_days, days),
        f"must be days such as Mon-Fri or Sat: {', '.join(WEEKDAYS)}",
    ),
]
_Spans = Annotated[
    Any,
    require(
        lambda value: not any(map(ends_before_start, as_list(value))),
        "ends before it starts; give both days their part, such as Fri: 20:00-24:00 and "
        "Sat: 00:00-02:00",
    ),
    require(
        lambda value: value != [] and all(_accepts(parse_span, span) for span in as_list(value)),
        "must be hours such as 08:00-20:00; the day ends at 24:00",
    ),
    WithJsonSchema({"anyOf": [_SPAN_SCHEMA, {"type": "array", "items": _SPAN_SCHEMA}]}),
]
_Zone = Annotated[
    Any,
    require(
        lambda value: is_zone(value, CALLEE, HOME),
        "must be callee, home or a time zone such as Europe/Vienna",
    ),
    WithJsonSchema({"type": "string"}),
]
_Region = Annotated[
    Any,
    require(
        lambda region: region == CALLEE or str(region) in holiday_regions(),
        "is not a country or region with known holidays; write one such as AT or DE-BY, or callee",
    ),
    WithJsonSchema({"type": "string"}),
]
_Regions = Annotated[
    Annotated[_Region, Tag("<one>")] | Annotated[list[_Region], Tag("<list>")],
    Discriminator(one_or_list),
]


class Hours(PlanModel):
    """A window of time in which calls may be placed."""

    zone: _Zone = Field(
        description="The clock that counts: callee, home, or a time zone such as Europe/Vienna."
    )
    open: Annotated[dict[_Days, _Spans], AfterValidator(_unique_weekdays)] = Field(
        min_length=1, description="Days, Mon-Fri or Sat, with hours: 08:00-20:00, or a list."
    )
    holidays: _Regions = Field(
        default=[],
        description="Public holidays on which it is closed: callee for those of the callee's "
        "country, or regions such as AT or DE-BY.",
    )


def home_zone(region: str, zone: str | None = None) -> str | None:
    """Return the time zone of the company: `zone` if the plan names one, else that of `region`.

    Return None if the region has several time zones.
    """
    if zone is not None:
        return zone
    code = phonenumbers.country_code_for_region(region)
    zones = time_zones_for_geographical_number(PhoneNumber(country_code=code, national_number=0))
    return zones[0] if len(zones) == 1 and "/" in zones[0] else None


def publish_hours(windows: Mapping[str, Hours], home: str | None, year: int) -> dict[str, Any]:
    """Return the keys of the published plan about calling hours, with holidays from `year` on.

    `home` is the zone of the company. Without windows there are no such keys.
    """
    if not windows:
        return {}
    zones = {CALLEE: None, HOME: home}
    published = {}
    for name, window in windows.items():
        regions = as_list(window.holidays)
        spans: dict[str, list[list[int]]] = {}  # by weekday, as text because it is a JSON key
        for days, hours in window.open.items():
            for day in parse_days(days):
                spans.setdefault(str(day), []).extend(list(parse_span(s)) for s in as_list(hours))
        published[name] = {
            "zone": zones.get(window.zone, window.zone),
            "open": spans,
            "holidays": {region: _holidays(region, year) for region in regions if region != CALLEE},
            "holidays_of_callee": CALLEE in regions,
        }
    document: dict[str, Any] = {"home_zone": home, "hours": published}
    if any(window["holidays_of_callee"] for window in published.values()):
        countries = sorted(phonenumbers.SUPPORTED_REGIONS & holiday_regions())
        document["holidays"] = {country: _holidays(country, year) for country in countries}
    return document


@cache
def _holidays(region: str, first_year: int) -> str:
    """Return the public holidays of a region such as DE-BY: ISO days, separated by blanks."""
    import holidays

    country, _, subdivision = region.partition("-")
    years = range(first_year, first_year + HOLIDAY_YEARS)
    days = holidays.country_holidays(country, subdiv=subdivision or None, years=years)
    return " ".join(sorted(day.isoformat() for day in days))
