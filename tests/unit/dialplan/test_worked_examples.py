"""A month of calls to one consumer in France, with a plan of many rules and expected answers."""

import json
from datetime import datetime

from click_to_dial.decision import api as http
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial, Request
from click_to_dial.dialplan import load
from click_to_dial.list_keys import number_key
from click_to_dial.model import Agent, Record
from click_to_dial.ports import StoredItem
from dialplan_cli.plan.read import parse_plan
from tests.fakes import Clock, FakeAttempts, FakeFacts, FakePlans, FakeSalesforce

PLAN = """\
version: 1
home_region: DE
without_record: allow
service_numbers:
  hotline: {number: "4989461495000"}
  paris: {number: "33140000000", regions: [FR], valid_to: 2026-08-12}
objects:
  Contact: {consent: IndividualId, do_not_call: DoNotCall}
lists: [dnc]
hours:
  france: {zone: callee, open: {Mon-Fri: ["10:00-13:00", "14:00-20:00"]}, holidays: callee}
rules:
  - {id: emergency, when: {callee.kind: emergency}, signal: hotline}
  - {id: listed, when: {callee.listed: dnc}, refuse: Listed.}
  - {id: opted-out, when: {record.consent: opted-out}, refuse: Opted out.}
  - {id: hours, when: {callee.country: FR, hours.france: false}, refuse: Not now.}
  - {id: often, when: {callee.country: FR, callee.attempts: {gte: 4, within: 30d}}, refuse: Often.}
  - {id: others, when: {callee.attempts: {gte: 1, within: 60s, by: others}}, refuse: Busy.}
  - {id: call, signal: paris, otherwise: {signal: hotline}}
"""
CONTACT, FRENCH = "003Tv00000Lx002IAB", "+33612345678"
PARIS, HOTLINE = "200 33140000000", "200 4989461495000"


def closed(until: str) -> str:
    return f"403 Not now. Calling is allowed again from 2026-{until} Europe/Berlin."


MONTH = [
    ("07-13 09:59:59", "jdoe", closed("07-13 10:00")),
    ("07-13 10:00:00", "jdoe", PARIS),  # the first
    ("07-13 12:59:59", "112", HOTLINE),
    ("07-13 13:00:00", "jdoe", closed("07-13 14:00")),
    ("07-14 11:00:00", "jdoe", closed("07-15 10:00")),  # Bastille Day
    ("07-15 19:59:59", "jdoe", PARIS),  # the second
    ("07-15 20:00:00", "jdoe", closed("07-16 10:00")),
    ("07-17 20:00:00", "jdoe", closed("07-20 10:00")),  # a Friday
    ("07-20 14:00:00", "jdoe", PARIS),  # the third
    ("07-20 14:00:09", "jdoe", PARIS),  # clicked once more: the same call
    ("07-20 14:00:10", "other", "403 Busy."),
    ("07-20 14:00:59", "other", "403 Busy."),
    ("07-20 14:01:00", "other", PARIS),  # the fourth
    ("07-20 14:01:09", "other", PARIS),  # the same once more, though the limit is reached
    ("07-20 14:01:10", "other", "403 Often."),
    ("07-20 22:00:00", "112", HOTLINE),
    ("08-12 09:59:59", "jdoe", closed("08-12 10:00")),
    ("08-12 10:00:00", "jdoe", PARIS),  # the first is thirty days ago; the number's last day
    ("08-13 10:00:00", "jdoe", "403 Often."),
    ("08-14 19:59:58", "jdoe", "403 Often."),
    ("08-14 19:59:59", "jdoe", HOTLINE),  # the second is thirty days ago
    ("08-17 10:00:00", "jdoe", "403 Often."),
    ("08-21 10:00:00", "jdoe", "403 Listed."),  # from the 20th to the 24th
    ("08-25 00:00:00", "112", HOTLINE),
    ("08-25 10:00:00", "jdoe", HOTLINE),  # July is forgotten
    ("11-11 15:00:00", "jdoe", closed("11-12 10:00")),  # Armistice Day, in winter time
    ("11-12 10:00:00", "jdoe", HOTLINE),
]


def test_a_month() -> None:
    clock = Clock()
    facts = FakeFacts(clock)
    service = ClickToDial(
        plans=FakePlans(load(parse_plan(PLAN).document)),
        cache=facts,
        salesforce=FakeSalesforce(Record(True, "Contact", {"consent": "opted-in"}), Agent(True)),
        breaker=CircuitBreaker(),
        attempts=FakeAttempts(facts.items),
        pseudonym=str,
        time_budget=60.0,
        clock=clock,
    )

    def paris(moment: str) -> float:
        summer = moment < "10-25"
        return datetime.fromisoformat(f"2026-{moment}+0{2 if summer else 1}:00").timestamp()

    answers = []
    for moment, who, _ in MONTH:
        clock.now = paris(moment)
        if moment >= "08-20":
            end = StoredItem("{}", paris("08-25 00:00:00"))
            facts.items[number_key("dnc", FRENCH, str)] = end
        number, agent = ("112", "jdoe") if who == "112" else (FRENCH, who)
        response = http.answer(service.decide(Request(CONTACT, number, agent)))
        body = json.loads(response["body"])
        answers.append(f"{response['statusCode']} {body.get('detail') or body['ServiceNumber']}")
    assert answers == [answer for _, _, answer in MONTH]
