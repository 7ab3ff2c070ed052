"""Calling hours: worked examples with known answers."""

import subprocess
import sys
from datetime import datetime

import pytest

from click_to_dial.decision.facts import hours_facts
from click_to_dial.dialplan import DialPlan, evaluate, load
from click_to_dial.model import Callee, Decision, Facts, Numbering, Scalar
from click_to_dial.phone_numbers import clean, read_number
from click_to_dial.time_zones import time_zones
from dialplan_cli.plan.read import parse_plan
from tests.unit.dialplan_cli.plan.test_lint import warnings
from tests.unit.dialplan_cli.plan.test_read import PLAN, ROOT, problems

HOURS = """
hours:
  france: {zone: callee, open: {Mon-Fri: ["10:00-13:00", "14:00-20:00"]}, holidays: [FR]}
  usa: {zone: callee, open: {Mon-Sun: 08:00-21:00}}
  daily: {zone: callee, open: {Mon-Sun: 08:00-20:00}}
  weekdays: {zone: callee, open: {Mon-Fri: 08:00-20:00}, holidays: [DE-BY, AT]}
  office: {zone: home, open: {Mon-Fri: 08:00-18:00}, holidays: [DE-BY]}
  late: {zone: Europe/Vienna, open: {Fri: 18:00-24:00, Sat: 00:00-02:00}}
  night: {zone: home, open: {Sun: 02:00-03:00}}
  half: {zone: home, open: {Sun: 02:00-02:30}}
  own: {zone: callee, open: {Mon-Fri: 08:00-20:00}, holidays: callee}
  both: {zone: callee, open: {Mon-Fri: 08:00-20:00}, holidays: [callee, DE-BY]}
  ours: {zone: home, open: {Mon-Fri: 08:00-18:00}, holidays: [callee, DE-BY]}
"""
FRENCH, GERMAN, AUSTRIAN, IDAHO = "+33612345678", "+4917012345678", "+436601234567", "+12085551234"
NEW_YORK = "+12125551234"


def plan(home_region: str = "DE") -> DialPlan:
    text = PLAN.replace("home_region: DE", f"home_region: {home_region}") + HOURS
    return load(parse_plan(text).document)


def facts(window: str, number: str, at: str, home_region: str = "DE") -> tuple[Scalar, str]:
    """Return whether the window is open, and when it opens, in the home zone."""
    callee = read_number(clean(number), Numbering(home_region))[0]
    found = hours_facts(plan(home_region), callee, datetime.fromisoformat(at).timestamp())
    return found[f"hours.{window}"], str(found.get(f"hours.{window}.opens", ""))


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-07-13T09:59:59+02:00", (False, "2026-07-13 10:00 Europe/Berlin")),
        ("2026-07-13T10:00:00+02:00", (True, "")),
        ("2026-07-13T12:59:59+02:00", (True, "")),
        ("2026-07-13T13:00:00+02:00", (False, "2026-07-13 14:00 Europe/Berlin")),
        ("2026-07-13T19:59:59+02:00", (True, "")),
        # The fourteenth is a holiday.
        ("2026-07-13T20:00:00+02:00", (False, "2026-07-15 10:00 Europe/Berlin")),
        ("2026-07-14T11:00:00+02:00", (False, "2026-07-15 10:00 Europe/Berlin")),
        ("2026-07-18T11:00:00+02:00", (False, "2026-07-20 10:00 Europe/Berlin")),  # a Saturday
        ("2026-05-14T11:00:00+02:00", (False, "2026-05-15 10:00 Europe/Berlin")),  # Ascension
    ],
)
def test_france(at: str, answer: tuple[bool, str]) -> None:
    assert facts("france", FRENCH, at) == answer


@pytest.mark.parametrize(
    ("boise", "answer"),
    [
        ("08:30:00", (False, "2026-07-13 17:00 Europe/Berlin")),  # 07:30 in the north
        ("08:59:59", (False, "2026-07-13 17:00 Europe/Berlin")),
        ("09:00:00", (True, "")),
        ("20:59:59", (True, "")),
        ("21:00:00", (False, "2026-07-14 17:00 Europe/Berlin")),  # 20:00 in the north
    ],
)
def test_a_us_number_whose_area_code_spans_two_zones(boise: str, answer: tuple[bool, str]) -> None:
    zones = {"America/Boise", "America/Denver", "America/Phoenix", "America/Los_Angeles"}
    summer = datetime.fromisoformat("2026-07-13T12:00+00:00").timestamp()
    assert zones <= set(time_zones(IDAHO, "US", summer))  # with those of the same standard time
    assert facts("usa", IDAHO, f"2026-07-13T{boise}-06:00") == answer


@pytest.mark.parametrize(
    ("at", "answer"),
    [
        ("2026-03-29T17:59:59+00:00", (True, "")),  # 19:59:59 in summer time, since that morning
        ("2026-03-29T18:00:00+00:00", (False, "2026-03-30 08:00 Europe/Vienna")),
        ("2026-10-25T18:59:59+00:00", (True, "")),  # 19:59:59 in winter time
        ("2026-10-25T19:00:00+00:00", (False, "2026-10-26 08:00 Europe/Vienna")),
    ],
)
def test_a_german_mobile_called_from_austria_on_the_days_the_clocks_change(
    at: str, answer: tuple[bool, str]
) -> None:
    assert facts("daily", GERMAN, at, home_region="AT") == answer


def test_good_friday_is_a_holiday_in_bavaria_but_not_in_austria() -> None:
    good_friday = "2026-04-03T10:00:00+02:00"
    assert facts("weekdays", GERMAN, good_friday) == (False, "2026-04-07 08:00 Europe/Berlin")
    assert facts("weekdays", AUSTRIAN, good_friday) == (True, "")
    assert facts("office", AUSTRIAN, good_friday)[0] is False  # the office is in Bavaria


@pytest.mark.parametrize(
    ("number", "day", "window", "is_open"),
    [
        (FRENCH, "2026-07-14", "own", False),  # Bastille Day
        (GERMAN, "2026-07-14", "own", True),
        (AUSTRIAN, "2026-07-14", "own", True),
        (GERMAN, "2026-04-03", "own", False),  # Good Friday: not in France, not in Austria
        (FRENCH, "2026-04-03", "own", True),
        (AUSTRIAN, "2026-04-03", "own", True),
        (AUSTRIAN, "2026-10-26", "own", False),  # the Austrian national day
        (GERMAN, "2026-10-26", "own", True),
        (NEW_YORK, "2026-11-26", "own", False),  # Thanksgiving
        (NEW_YORK, "2026-11-25", "own", True),
        (GERMAN, "2026-01-06", "own", True),  # Epiphany: in Bavaria, not in all of Germany
        (GERMAN, "2026-01-06", "both", False),
        (FRENCH, "2026-01-06", "both", True),
        (FRENCH, "2026-01-06", "ours", False),  # by the company's clock, its holidays are for all
        (FRENCH, "2026-07-14", "ours", False),
        (GERMAN, "2026-07-14", "ours", True),
        ("112", "2026-04-03", "own", False),  # a short number is at home
        ("+24765123", "2026-07-14", "own", False),  # Ascension Island: holidays not known
        ("+24765123", "2026-07-14", "daily", True),
        ("+80012345678", "2026-07-14", "ours", False),  # of no country
    ],
)
def test_holidays_of_the_country_that_is_called(
    number: str, day: str, window: str, is_open: bool
) -> None:
    assert facts(window, number, f"{day}T17:30:00+02:00")[0] is is_open


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-27T17:59:59+01:00", False),
        ("2026-11-27T23:59:59+01:00", True),
        ("2026-11-28T00:00:00+01:00", True),
        ("2026-11-28T01:59:59+01:00", True),
        ("2026-11-28T02:00:00+01:00", False),
    ],
)
def test_a_window_across_midnight(at: str, is_open: bool) -> None:
    assert facts("late", FRENCH, at)[0] is is_open


def test_an_hour_that_the_clock_skips_or_repeats() -> None:
    assert facts("night", GERMAN, "2026-03-29T01:59:59+01:00")[0] is False
    assert facts("night", GERMAN, "2026-03-29T03:00:00+02:00")[0] is False  # there was no 02:00
    for second_time in ("+02:00", "+01:00"):
        assert facts("night", GERMAN, f"2026-10-25T02:30:00{second_time}")[0] is True
    reopens = (False, "2026-10-25 02:00 Europe/Berlin")
    assert facts("half", GERMAN, "2026-10-25T02:30:00+02:00") == reopens, "at its second 02:00"
    assert facts("half", GERMAN, "2026-10-25T02:00:00+01:00")[0] is True


def test_windows_in_the_callees_zone_are_closed_for_a_number_without_location() -> None:
    assert time_zones("+80012345678", None, 0) == ()
    assert facts("daily", "+80012345678", "2026-07-13T12:00:00+02:00") == (False, "")
    assert facts("office", "+80012345678", "2026-07-13T12:00:00+02:00") == (True, "")


def test_short_and_internal_numbers_are_in_the_home_zone() -> None:
    assert facts("daily", "112", "2026-07-13T12:00:00+02:00") == (True, "")
    assert facts("daily", "217", "2026-07-13T21:00:00+02:00")[0] is False


CLOSED = PLAN.replace(
    "    when: {record.do_not_call: true}\n    refuse: The contact does not want to be called.",
    "    when: {hours.daily: false}\n    refuse: REFUSAL",
)


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ("Too late.", "Too late. Calling is allowed again from TIME."),
        ("Wieder ab {opens}.", "Wieder ab TIME."),
    ],
)
def test_the_refusal_says_when_calling_is_allowed_again(refusal: str, said: str) -> None:
    the_plan = load(parse_plan(CLOSED.replace("REFUSAL", refusal) + HOURS).document)
    at = datetime.fromisoformat("2026-03-28T20:00:00+01:00").timestamp()
    values = hours_facts(the_plan, Callee("mobile", "DE", GERMAN), at)
    reason = said.replace("TIME", "2026-03-29 08:00 Europe/Berlin")
    assert evaluate(the_plan, Facts(values)) == Decision("opted-out", reason=reason)


OPTED_OUT_OR_CLOSED = (
    "    when: [{record.do_not_call: true}, {hours.daily: false}]\n    refuse: Too late"
)


def test_an_opt_out_does_not_say_when_calling_is_allowed_again() -> None:
    old = CLOSED[CLOSED.index("    when: {hours.daily") : CLOSED.index("REFUSAL") + 7]
    text = CLOSED.replace(old, OPTED_OUT_OR_CLOSED) + HOURS
    the_plan = load(parse_plan(text).document)
    closed: dict[str, Scalar] = {"hours.daily": False, "hours.daily.opens": "8:00"}
    by_hours = evaluate(the_plan, Facts({**closed, "record.do_not_call": False}))
    assert by_hours.reason == "Too late Calling is allowed again from 8:00."
    assert evaluate(the_plan, Facts({**closed, "record.do_not_call": True})).reason == "Too late"
    ((_, path, said),) = problems(text.replace("Too late", "Wait until {opens}"))
    assert (path, "when[0] has no condition on `hours.`" in said) == ("rules[0].refuse", True)


@pytest.mark.parametrize(
    ("window", "path", "message"),
    [
        ("{zone: callee, open: {Mo-Fr: 08:00-20:00}}", "open.Mo-Fr", "must be days such as"),
        ("{zone: callee, open: {Fri-Mon: 08:00-20:00}}", "open.Fri-Mon", "must be days such as"),
        ("{zone: callee, open: {Mon: 8-20}}", "open.Mon", "must be hours such as 08:00-20:00"),
        ("{zone: callee, open: {Mon: 20:00-02:00}}", "open.Mon", "give both days their part"),
        ("{zone: home, open: {Mon-Sun: 08:00-20:00, Sun: 10:00-12:00}}", "open", "names Sun twice"),
        ("{zone: Europe/Berln, open: {Mon: 08:00-20:00}}", "zone", "did you mean 'Europe/Berlin'"),
        ("{zone: callee, open: {Mon: 24:00-24:00}}", "open.Mon", "must be hours"),
        ("{zone: callee, open: {Mon: []}}", "open.Mon", "must be hours"),
        ("{zone: Vienna, open: {Mon: 08:00-20:00}}", "zone", "did you mean 'Europe/Vienna'?"),
        ("{zone: [home], open: {Mon: 08:00-20:00}}", "zone", "must be callee, home or a time"),
        (
            "{zone: home, open: {Mon: 08:00-20:00}, holidays: [XX]}",
            "holidays[0]",
            "is not a country",
        ),
        ("{zone: home, open: {Mon: 08:00-20:00}, holidays: [DE-XX]}", "holidays[0]", "is no"),
        ("{zone: home, open: {Mon: 08:00-20:00}, holidays: DE-}", "holidays", "is not a country"),
        ("{zone: home}", "", "needs `open`"),
    ],
)
def test_mistakes_are_reported_with_their_remedy(window: str, path: str, message: str) -> None:
    ((_, where, said),) = problems(f"{PLAN}\nhours:\n  x: {window}\n")
    assert where == f"hours.x{'.' if path else ''}{path}"
    assert message in said


def test_names_must_exist_and_the_home_region_must_have_a_zone() -> None:
    ((_, _, said),) = problems(CLOSED + HOURS.replace("  daily", "  dayly"))
    assert "unknown fact 'hours.daily'; did you mean 'hours.dayly'?" in said
    ((_, path, said),) = problems(PLAN.replace("home_region: DE", "home_region: US") + HOURS)
    assert (path, "needs the key `home_zone`" in said) == ("hours", True)
    ((_, path, said),) = problems(PLAN.replace("to be called.", "{opens}."))
    assert (path, "{opens} stands for" in said) == ("rules[0].refuse", True)


def test_hours_do_not_refuse_emergency_calls() -> None:
    assert not [each for each in warnings(CLOSED + HOURS) if "emergency" in each[1]]
    the_plan = load(parse_plan(CLOSED + HOURS).document)
    closed = {"hours.daily": False}
    assert evaluate(the_plan, Facts({"callee.kind": "mobile", **closed})).service_number is None
    assert evaluate(the_plan, Facts({"callee.kind": "emergency", **closed})).service_number


def test_a_plan_without_hours_imports_neither_time_zones_nor_holidays() -> None:
    program = "import sys, click_to_dial.decision.wiring; print(*sys.modules)"
    path = ROOT / "layers/click_to_dial/python"
    loaded = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(path)}, capture_output=True
    ).stdout.split()
    assert b"click_to_dial.decision.service" in loaded
    assert not {
        b"click_to_dial.dialplan.calling_hours",
        b"click_to_dial.time_zones",
        b"holidays",
        b"zoneinfo",
    } & {*loaded}
