"""The attack's own judgement: its oracle, what may have been seen, and what an answer shows."""

import random
import time
from typing import Any

import pytest

from click_to_dial.dialplan import evaluate, load
from click_to_dial.model import Facts, Scalar
from tests.attack import hostile, oracle
from tests.attack.oracle import Call, History

HOTLINE = oracle.HOTLINES[0]
ROW = {"DoNotCall": False, "MailingCountryCode": "DE", "OwnerId": None, "IsDeleted": False}
AGENT = oracle.agent_row(7)


def call(number: str = "+498999998123", agent: int | None = 7) -> Call:
    return Call(oracle.CONTACTS[0], number, agent, "any")


@pytest.mark.parametrize(
    ("row", "blocked", "agent", "outcome"),
    [
        ({}, False, 7, HOTLINE),
        ({"MailingCountryCode": "AT"}, False, 7, oracle.AUSTRIA),
        ({"OwnerId": AGENT["Id"]}, False, 7, f"{oracle.DIRECT_PREFIX}{AGENT['Extension']}"),
        ({"OwnerId": oracle.agent_row(5)["Id"]}, False, 5, HOTLINE),
        ({"DoNotCall": True}, False, None, "opted-out"),
        ({}, False, None, "unknown-agent"),
        ({"DoNotCall": True}, True, 7, "blocked"),
    ],
)
def test_the_oracle_agrees_with_the_evaluation(
    row: Any, blocked: bool, agent: int | None, outcome: str
) -> None:
    state = {**ROW, **row}
    number = f"+{oracle.BLOCKED_PREFIX}25640"
    assert oracle.expected_outcome(call(number, agent), HOTLINE, blocked, state) == outcome
    values: dict[str, Scalar | None] = {
        "callee.kind": "fixed-line",
        "callee.number": number,
        "callee.listed.blocked": blocked,
        "record.do_not_call": state["DoNotCall"],
        "record.country": state["MailingCountryCode"],
        "record.owner": state["OwnerId"],
        "agent.known": agent is not None,
    }
    if agent is not None:
        user = oracle.agent_row(agent)
        values |= {"agent.id": user["Id"], "agent.extension": user["Extension"]}
    facts = Facts({name: value for name, value in values.items() if value is not None})
    decision = evaluate(load(oracle.plan_document(HOTLINE)), facts)
    number_or_none = decision.service_number
    assert (number_or_none.number if number_or_none else decision.reason) == outcome


def test_a_deleted_record_is_not_found_and_an_emergency_call_is_allowed() -> None:
    deleted = {**ROW, "IsDeleted": True}
    assert oracle.expected_outcome(call(), HOTLINE, False, deleted) == oracle.NOT_FOUND
    assert oracle.expected_outcome(call("112", None), HOTLINE, True, deleted) == HOTLINE


def test_a_value_may_be_seen_from_the_start_of_its_change_to_the_end_of_the_next() -> None:
    history: History[str] = History()
    seen: list[list[str]] = []

    def look(_: str) -> None:
        now = time.monotonic()
        seen.append(history.between(now, now))

    for value in ("first", "second"):
        history.change(value, look)
    look("")
    assert seen == [["first"], ["first", "second"], ["second"]]
    assert history.between(0, time.monotonic()) == ["first", "second"]


def test_all_combinations_of_what_may_have_been_seen_are_right() -> None:
    rows = [ROW, {**ROW, "DoNotCall": True}]
    found = oracle.outcomes(call(), oracle.HOTLINES, [False], rows)
    assert found == {*oracle.HOTLINES, "opted-out"}


HEADERS = {"Cache-Control": "no-store"}
REFUSED = '{"type": "t", "title": "t", "status": 403, "detail": "No."}'


@pytest.mark.parametrize(
    ("status", "body", "headers", "problem"),
    [
        (403, REFUSED, HEADERS, None),
        (500, REFUSED, HEADERS, "status 500"),
        (403, REFUSED, {}, "may be cached"),
        (403, "{}", HEADERS, "no problem document"),
        (403, REFUSED.replace("No.", "arn:aws:x"), HEADERS, "shows arn:"),
        (403, REFUSED.replace("No.", "{{7*7}}"), HEADERS, "quotes the request"),
        (200, '{"ServiceNumber": "1"}', HEADERS, "a call was let through"),
    ],
)
def test_what_is_wrong_with_an_answer(
    status: int, body: str, headers: Any, problem: str | None
) -> None:
    response = {"statusCode": status, "headers": headers, "body": body}
    found = hostile.problems(response, {"CallerID": ["+498999998123"]})
    assert found == ([] if problem is None else [problem])


def test_spellings_mean_the_same_login() -> None:
    chance = random.Random(1)
    spellings = {oracle.random_spelling(oracle.LOGINS[3], chance) for _ in range(50)}
    plan = load(oracle.plan_document(HOTLINE))
    assert len(spellings) == 4
    assert len({plan.agent_key(spelling) for spelling in spellings}) == 1
