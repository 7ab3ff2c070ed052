"""Calling hours as they are written, and as they are published: weekdays, minutes and dates.

Holidays are looked up when a plan is published: the `holidays` package takes half a second to load,
which no agent should wait for, and a published plan then says itself on which days it is closed.
"""

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any

import phonenumbers
from pydantic import AfterValidator, Discriminator, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from dialplan_cli.plan.types import one_or_list

YEARS = 10
"""Holidays are published for this year and the nine after it."""

CALLEE = "callee"
"""As a zone and as holidays: those of the number that is called."""

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = re.compile(rf"({_TIME})-({_TIME}|24:00)")
_SPAN_FORM = "must be hours such as 08:00-20:00; the day ends at 24:00"


def weekdays(days: str) -> list[int]:
    """The weekdays, 0 is Monday, of `Sat` or `Mon-Fri`. Raises ValueError."""
    first, _, last = days.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    if end < start:
        raise ValueError(days)
    return list(range(start, end + 1))


def minutes(span: str) -> tuple[int, int]:
    """The minutes after midnight of `08:00-20:00`. Raises ValueError."""
    if not _SPAN.fullmatch(span):
        raise ValueError(span)
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in span.split("-"))
    if start >= end:
        raise ValueError(span)
    return start, end


def published(opened: Mapping[str, Sequence[str] | str]) -> dict[str, list[list[int]]]:
    """`open` of a window by weekday; JSON has no other keys than text."""
    spans: dict[str, list[list[int]]] = {}
    for days, hours in opened.items():
        for day in weekdays(days):
            listed = [hours] if isinstance(hours, str) else hours
            spans.setdefault(str(day), []).extend(list(minutes(span)) for span in listed)
    return spans


def days_of(region: str, first_year: int) -> str:
    """The public holidays of a country or region such as DE-BY, as ISO days, with blanks."""
    import holidays  # not at the start of every command

    country, _, part = region.partition("-")
    years = range(first_year, first_year + YEARS)
    found = holidays.country_holidays(country, subdiv=part or None, years=years)
    return " ".join(sorted(day.isoformat() for day in found))


@cache
def days_everywhere(first_year: int) -> Mapping[str, str]:
    """The same for all countries that a number can be of and whose holidays are known."""
    countries = sorted(phonenumbers.SUPPORTED_REGIONS & _regions().keys())
    return {country: days_of(country, first_year) for country in countries}


@cache
def _regions() -> Mapping[str, Sequence[str]]:
    import holidays

    return holidays.list_supported_countries()


def _days(days: object) -> str:
    try:
        weekdays(str(days))
    except ValueError:
        message = "must be days such as Mon-Fri or Sat: " + ", ".join(_DAYS)
        raise PydanticCustomError("days", message) from None
    return str(days)


def _zone(value: object) -> str:
    if str(value) in {CALLEE, "home"} | zoneinfo.available_timezones():
        return str(value)
    message = "must be callee, home or a time zone such as Europe/Vienna"
    raise PydanticCustomError("zone", message)


def _spans(value: object) -> Any:
    try:
        for span in value if isinstance(value, list) else [value]:
            minutes(str(span))
    except ValueError:
        raise PydanticCustomError("hours", _SPAN_FORM) from None
    if value == []:
        raise PydanticCustomError("hours", _SPAN_FORM)
    return value


def _holidays(region: object) -> str:
    country, _, part = str(region).partition("-")
    if region == CALLEE:
        return CALLEE
    if country not in _regions() or (part and part not in _regions()[country]):
        message = (
            "is no country or region with known holidays; write one such as AT or DE-BY, or callee"
        )
        raise PydanticCustomError("holidays", message)
    return str(region)


_SPAN_SCHEMA = {"type": "string", "pattern": f"^{_SPAN.pattern}$"}
Days = Annotated[str, AfterValidator(_days)]
HoursZone = Annotated[Any, AfterValidator(_zone), WithJsonSchema({"type": "string"})]
_Holidays = Annotated[Any, AfterValidator(_holidays), WithJsonSchema({"type": "string"})]
Holidays = Annotated[
    Annotated[_Holidays, Tag("<one>")] | Annotated[list[_Holidays], Tag("<list>")],
    Discriminator(one_or_list),
]
Spans = Annotated[
    Any,
    AfterValidator(_spans),
    WithJsonSchema({"anyOf": [_SPAN_SCHEMA, {"type": "array", "items": _SPAN_SCHEMA}]}),
]
