"""Calling hours: when a window is open, and when it opens next. Pure; the time is given.

A window is open where it is open in every zone that the called party may be in.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

DAYS_AHEAD = 40
"""No window stays closed for longer, unless nobody is ever to be called in it."""

Days = Container[str]
"""ISO days: a list, or one text with blanks between them, which a plan of all countries needs."""

Spans = Mapping[int, Sequence[tuple[int, int]]]
"""Weekday, 0 is Monday -> minutes after midnight, from and before: (600, 780) is 10:00-13:00."""


@dataclass(frozen=True, slots=True)
class Window:
    """`zone` is None for the callee's. `holidays` are ISO days by region, such as DE-BY.

    A holiday of a region counts in the callee's zone only for callees of its country, and in a
    zone of the plan's own for all. `by_country` are the days of all countries, each for its own
    callees, where the plan asks for that.
    """

    zone: str | None
    spans: Spans
    holidays: Mapping[str, Days]
    by_country: Mapping[str, Days] | None = None


def is_open(window: Window, zones: Sequence[str], country: str | None, now: float) -> bool:
    """Whether one may call at `now` (seconds since 1970).

    `zones` and `country` are the callee's, as far as they are known. Where no zone is known, or
    the holidays of the country count and are not, the window is closed: nobody could say that it
    is open there.
    """
    if window.by_country is not None and country not in window.by_country:
        return False
    holidays = _holidays(window, country)
    names = zones if window.zone is None else (window.zone,)
    moment = datetime.fromtimestamp(now, UTC)
    return bool(names) and all(_open_there(window, holidays, zone, moment) for zone in names)


def opens(window: Window, zones: Sequence[str], country: str | None, now: float) -> float | None:
    """When a closed window opens again, in seconds since 1970; None for not within 40 days."""
    names = zones if window.zone is None else (window.zone,)
    starts = sorted(
        {start for zone in names for start in _starts(window, zone, now) if start > now}
    )
    return next((start for start in starts if is_open(window, zones, country, start)), None)


def _holidays(window: Window, country: str | None) -> Sequence[Days]:
    everywhere = window.zone is not None or country is None
    named = (
        days
        for region, days in window.holidays.items()
        if everywhere or region.partition("-")[0] == country
    )
    own = (window.by_country or {}).get(country or "", ())
    return (*named, own)


def _open_there(window: Window, holidays: Sequence[Days], zone: str, moment: datetime) -> bool:
    """By the clock on the wall, which has no gaps when it is read rather than set."""
    local = moment.astimezone(_zone(zone))
    today = local.date().isoformat()
    if any(today in days for days in holidays):
        return False
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in window.spans.get(local.weekday(), ()))


def _starts(window: Window, zone: str, now: float) -> Iterator[float]:
    today = datetime.fromtimestamp(now, _zone(zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    for ahead in range(DAYS_AHEAD):
        day = today + timedelta(days=ahead)  # midnight by the clock on the wall
        for start, _ in window.spans.get(day.weekday(), ()):
            first = day + timedelta(minutes=start)
            yield first.timestamp()
            yield first.replace(fold=1).timestamp()  # where the clock is set back, once more


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
