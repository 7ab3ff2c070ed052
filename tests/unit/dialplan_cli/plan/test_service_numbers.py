"""Service numbers with restrictions: times, countries, and numbers that must not be signalled."""

from datetime import datetime

import pytest

from click_to_dial.dialplan import evaluate, load
from click_to_dial.model import Facts
from dialplan_cli.plan.read import parse_plan
from tests.unit.dialplan_cli.plan.test_lint import warnings
from tests.unit.dialplan_cli.plan.test_read import PLAN, changed, problems, with_emergency_rule

OF_AUSTRIA = '{number: "431265030", valid_from: 2026-03-29, valid_to: 2026-10-25, regions: [AT]}'


def plan(number: str = OF_AUSTRIA) -> str:
    text = changed('{number: "431265030"}', number)
    mapping = "    signal: {map"
    return text.replace(mapping, "    otherwise: {signal: hotline}\n" + mapping)


@pytest.mark.parametrize(
    ("at", "callee", "signalled"),
    [
        ("2026-03-28T23:59:59+01:00", "AT", "4989461495000"),
        ("2026-03-29T00:00:00+01:00", "AT", "431265030"),  # the days on which the clocks change
        ("2026-10-25T23:59:59+01:00", "AT", "431265030"),
        ("2026-10-26T00:00:00+01:00", "AT", "4989461495000"),
        ("2026-06-01T12:00:00+02:00", "DE", "4989461495000"),
        ("2026-06-01T12:00:00+02:00", None, "4989461495000"),
    ],
)
def test_a_number_that_is_not_valid_now_or_there_falls_to_otherwise(
    at: str, callee: str | None, signalled: str
) -> None:
    values = {"record.country": "AT"} | ({"callee.country": callee} if callee else {})
    facts = Facts(values, now=datetime.fromisoformat(at).timestamp())
    decision = evaluate(load(parse_plan(plan()).document), facts)
    assert decision.service_number
    assert decision.service_number.number == signalled


def test_without_otherwise_the_call_is_refused_as_unresolved() -> None:
    text = with_emergency_rule(changed('{number: "431265030"}', OF_AUSTRIA))
    decision = evaluate(load(parse_plan(text).document), Facts({"record.country": "AT"}))
    assert (decision.service_number, decision.cause) == (None, "unresolved")
    message = "the call is refused if hotline-at may not be signalled at that time or in that"
    assert [each for each in warnings(text) if each[0] == "rules[3].signal" and message in each[1]]


def test_a_restricted_number_may_be_signalled_directly() -> None:
    direct = "    otherwise: {signal: hotline}\n    signal: hotline-at\n"
    text = plan().replace("    signal: {mapping: by-country, key: record.country}\n", "")
    text = text.replace("    otherwise: {signal: hotline}\n", "", 2) + direct
    text = text.replace('    signal: {agent: extension, prefix: "49894614"}\n', "    refuse: No.\n")
    assert not [each for each in warnings(text) if each[0].endswith("signal")]


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("499001234567", "is a premium-rate number"),
        ("491371234567", "is a number for mass calls"),
        ("110", "is an emergency number"),
        ("11833", "is a short number"),
        ("217", "is too short"),
        ("49", "is too short"),
        ("hotline", "is not a possible telephone number"),
        ("4989461495000123456", "is not a possible telephone number"),
    ],
)
def test_a_special_number_is_not_published(number: str, why: str) -> None:
    ((_, path, message),) = problems(changed('"431265030"', f'"{number}"'))
    assert path == "service_numbers.hotline-at.number"
    assert message.startswith(why)
    assert "allow_special: true" in message
    allowed = changed('"431265030"}', f'"{number}", allow_special: true}}')
    assert parse_plan(allowed).document["service_numbers"]["hotline-at"]["number"] == number


@pytest.mark.parametrize(
    ("days", "path", "message"),
    [
        ("valid_from: 2026-02-30", "valid_from", "must be a day, written year-month-day"),
        ("valid_from: 2026-05-02, valid_to: 2026-05-01", "valid_to", "is before `valid_from`"),
        ("regions: [Austria]", "regions[0]", "is not a country"),
        ("regions: []", "regions", "must not be empty"),
    ],
)
def test_restrictions_must_make_sense(days: str, path: str, message: str) -> None:
    ((_, where, said),) = problems(changed('"431265030"}', f'"431265030", {days}}}'))
    assert (where, message in said) == (f"service_numbers.hotline-at.{path}", True), said


def test_a_day_needs_the_zone_of_the_country() -> None:
    dated = with_emergency_rule(changed('"431265030"}', '"431265030", valid_to: 2026-05-01}'))
    british = dated.replace("home_region: DE", "home_region: GB")
    ((_, path, message),) = problems(british)
    assert path.endswith("valid_to")
    assert "needs the key `home_zone`" in message
    london = british.replace("home_region: GB", "home_region: GB\nhome_zone: Europe/London")
    end = parse_plan(london).document["service_numbers"]["hotline-at"]["valid_to"]
    assert end == datetime.fromisoformat("2026-05-02T00:00:00+01:00").timestamp()
    for zone, said in (
        ("Berlin", "did you mean 'Europe/Berlin'?"),
        ("[Europe/Berlin]", "did you mean 'Europe/Berlin'?"),
        ("Europe/Berln", "did you mean 'Europe/Berlin'?"),
        ("Sternwarte", "write one such as Europe/Berlin"),
    ):
        wrong = PLAN.replace("home_region: DE", f"home_region: DE\nhome_zone: {zone}")
        _, path, message = problems(wrong)[0]
        assert (path, message.startswith("is not a time zone")) == ("home_zone", True)
        assert said in message
