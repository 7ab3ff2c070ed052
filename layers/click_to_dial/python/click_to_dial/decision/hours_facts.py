"""Facts about the calling hours of a plan."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from click_to_dial.dialplan import DialPlan
from click_to_dial.dialplan.calling_hours import is_open, opens
from click_to_dial.model import Callee, Scalar
from click_to_dial.time_zones import time_zones


def hours_facts(plan: DialPlan, callee: Callee, now: float) -> Mapping[str, Scalar]:
    """Return `hours.NAME` (open or not) of each window and, if closed, `hours.NAME.opens`.

    That is the time when it opens, in the home zone, such as `2026-11-30 10:00 Europe/Berlin`.
    """
    facts: dict[str, Scalar] = {}
    zones = callee_zones(plan, callee, now)
    for name, window in plan.hours.items():
        facts[f"hours.{name}"] = is_open(window, zones, callee.country, now)
        if not facts[f"hours.{name}"]:
            start = opens(window, zones, callee.country, now)
            if start is not None:
                local = datetime.fromtimestamp(start, ZoneInfo(plan.home_zone))
                facts[f"hours.{name}.opens"] = f"{local:%Y-%m-%d %H:%M} {plan.home_zone}"
    return facts


def callee_zones(plan: DialPlan, callee: Callee, now: float) -> tuple[str, ...]:
    """Return the zones that the callee may be in. Short and internal numbers are at home."""
    if callee.number is None:
        return (plan.home_zone,)
    return time_zones(callee.number, callee.country, now)
