"""Calling hours: whether a window is open and when it opens next.

A window is open only if it is open in every time zone that the called party may be in.
"""

from collections.abc import Container, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAYS_AHEAD = 40
"""How far ahead the next opening is searched."""

Days = Container[str]
"""ISO dates: a list, or one text with blanks between them, which saves memory for all countries."""

Spans = Mapping[int, Sequence[tuple[int, int]]]
"""Opening spans by weekday (0 is Monday) in minutes after midnight: (600, 780) is 10:00-13:00."""


class Window(NamedTuple):
    """A window of calling hours, in the time zone `zone` or, if that is None, the callee's.

    `holidays` are ISO dates by region, such as DE-BY. With the callee's zone, a region's holidays
    apply only to callees of its country; with a zone of the plan, to all callees. `by_country` are
    the public holidays of all countries, each for its own callees, or None.
    """

    zone: str | None
    spans: Spans
    holidays: Mapping[str, Days]
    by_country: Mapping[str, Days] | None = None


def is_open(window: Window, zones: Sequence[str], country: str | None, now: float) -> bool:
    """Return whether calling is allowed at `now` (seconds since 1970).

    `zones` and `country` are the callee's. The window is closed if no zone is known, or if the
    holidays of the callee's country apply and are not known.
    """
    if window.by_country is not None and country not in window.by_country:
        return False
    everywhere = window.zone is not None or country is None
    holidays = [
        days
        for region, days in window.holidays.items()
        if everywhere or region.partition("-")[0] == country
    ]
    if window.by_country is not None and country is not None:
        holidays.append(window.by_country[country])
    names = zones if window.zone is None else (window.zone,)
    moment = datetime.fromtimestamp(now, UTC)
    return bool(names) and all(_is_open_in(window, holidays, zone, moment) for zone in names)


def opens(window: Window, zones: Sequence[str], country: str | None, now: float) -> float | None:
    """Return when a closed window opens (seconds since 1970); None if not within 40 days."""
    starts: set[float] = set()
    for zone in zones if window.zone is None else (window.zone,):
        local = datetime.fromtimestamp(now, _zone(zone))
        today = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(DAYS_AHEAD):
            day = today + timedelta(days=ahead)  # local midnight
            for start, _ in window.spans.get(day.weekday(), ()):
                first = day + timedelta(minutes=start)
                # The second time differs from the first one if the clock is set back.
                starts |= {first.timestamp(), first.replace(fold=1).timestamp()}
    later = sorted(start for start in starts if start > now)
    return next((start for start in later if is_open(window, zones, country, start)), None)


def _is_open_in(window: Window, holidays: Sequence[Days], zone: str, moment: datetime) -> bool:
    """Compare local wall-clock times, which always exist for a given moment."""
    local = moment.astimezone(_zone(zone))
    today = local.date().isoformat()
    if any(today in days for days in holidays):
        return False
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in window.spans.get(local.weekday(), ()))


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
