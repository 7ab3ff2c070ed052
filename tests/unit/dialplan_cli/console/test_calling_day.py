"""Calling hours as bars of the day of a call."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from click_to_dial.dialplan import load
from click_to_dial.phone_numbers import read_international
from dialplan_cli.console.calling_day import ShownWindow, shown_windows
from dialplan_cli.plan.read import parse_plan

PLAN = """
version: 1
home_region: DE
service_numbers: {hotline: {number: "498999998100"}}
hours:
  evening: {zone: callee, open: {Mon-Fri: 08:00-20:00, Sat: ["09:00-12:00", "14:00-20:00"]}}
rules:
  - {id: all, signal: hotline}
"""
BERLIN = ZoneInfo("Europe/Berlin")


def window(number: str, day: int, hour: int, month: int = 11) -> ShownWindow:
    plan = load(parse_plan(PLAN).document)
    at = datetime(2026, month, day, hour, tzinfo=BERLIN).timestamp()
    (found,) = shown_windows(plan, read_international(number), at)
    return found


def test_the_day_of_the_callee_and_at_home() -> None:
    london, berlin = window("+442079460018", 28, 21).bars
    assert (london.zone, berlin.zone) == ("Europe/London", "Europe/Berlin")
    assert (london.local.hour, berlin.local.hour) == (20, 21)
    hours = [tuple(round(share * 24 / 100, 3) for share in span) for span in london.spans]
    assert hours == [(9, 3), (14, 6)]
    assert [round(start * 24 / 100, 3) for start, _ in berlin.spans] == [10, 15]
    assert london.now == pytest.approx(100 * 20 / 24)


def test_a_closed_window_says_when_it_opens() -> None:
    closed = window("+442079460018", 28, 21)
    assert not closed.is_open
    assert closed.opens == datetime(2026, 11, 30, 9, tzinfo=BERLIN).timestamp()
    assert window("+442079460018", 27, 12).opens is None


def test_at_home_there_is_one_bar() -> None:
    assert [bar.is_home for bar in window("+498999998100", 27, 12).bars] == [True]


def test_a_day_with_25_hours() -> None:
    (bar,) = window("+498999998100", 26, 12, month=10).bars
    assert bar.now == pytest.approx(50)
    (sunday,) = window("+498999998100", 25, 12, month=10).bars
    assert sunday.now == pytest.approx(100 * 13 / 25)
    assert sunday.spans == ()


def test_a_callee_in_several_zones() -> None:
    american = window("+18005550100", 27, 18)
    assert len(american.bars[0].others) > 1
