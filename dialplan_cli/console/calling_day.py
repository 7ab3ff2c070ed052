"""Calling hours as bars: the parts of a day in which a window is open, in several time zones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from click_to_dial.decision.facts import callee_zones
from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.calling_hours import Window, is_open, opens
from click_to_dial.model import Callee

STEP_MINUTES = 5
"""Resolution of the bars."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """The day of a call in a time zone.

    `spans` are the open parts as start and length, and `now` is the time of the call; all are
    percentages of the day. `others` are further zones that the callee may be in.
    """

    zone: str
    is_home: bool
    others: tuple[str, ...]
    local: datetime
    spans: tuple[tuple[float, float], ...]
    now: float


@dataclass(frozen=True, slots=True)
class ShownWindow:
    """A window of calling hours at the time of a call. `opens` is None if it is open, or unknown.

    It is in seconds since 1970.
    """

    name: str
    is_open: bool
    opens: float | None
    bars: tuple[DayBar, ...]


def shown_windows(plan: DialPlan, callee: Callee, now: float) -> Iterator[ShownWindow]:
    """Yield the windows of a plan for a called number at `now`, in seconds since 1970.

    Each has a bar in a zone of the callee and, if that is another one, in the home zone.
    """
    zones = callee_zones(plan, callee, now)
    for name, window in plan.hours.items():
        shown = dict.fromkeys([*zones[:1], plan.home_zone])
        is_open_now = is_open(window, zones, callee.country, now)
        yield ShownWindow(
            name=name,
            is_open=is_open_now,
            opens=None if is_open_now else opens(window, zones, callee.country, now),
            bars=tuple(
                DayBar(
                    zone=zone,
                    is_home=zone == plan.home_zone,
                    others=zones[1:] if zone in zones[:1] else (),
                    local=datetime.fromtimestamp(now, ZoneInfo(zone)),
                    spans=tuple(_spans(window, zones, callee.country, zone, now)),
                    now=_share(now, *_day(zone, now)),
                )
                for zone in shown
            ),
        )


def _spans(
    window: Window, zones: Sequence[str], country: str | None, zone: str, now: float
) -> Iterator[tuple[float, float]]:
    """Yield start and length of the open parts of the day in `zone`, in percent of the day."""
    start, end = _day(zone, now)
    opened: float | None = None
    moment = start
    while moment <= end:
        is_open_then = moment < end and is_open(window, zones, country, moment)
        if is_open_then and opened is None:
            opened = moment
        elif not is_open_then and opened is not None:
            first = _share(opened, start, end)
            yield first, _share(moment, start, end) - first
            opened = None
        moment += STEP_MINUTES * 60


def _day(zone: str, now: float) -> tuple[float, float]:
    """Return the start and the end of the day in a zone; it may have 23 or 25 hours."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    midnights = (
        datetime.combine(local.date() + timedelta(days=days), time(), local.tzinfo)
        for days in (0, 1)
    )
    first, second = (midnight.timestamp() for midnight in midnights)
    return first, second


def _share(moment: float, start: float, end: float) -> float:
    return 100 * (moment - start) / (end - start)
