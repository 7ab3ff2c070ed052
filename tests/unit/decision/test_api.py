"""The HTTP contract with jtel."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.decision import api as http
from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.service import Report
from click_to_dial.errors import BadParameterError
from click_to_dial.model import Agent, Callee, Click, Decision, Facts, Record, ServiceNumber

RECORD_ID = "001dM00003jU9GxQAK"
GOOD = {"SalesForceID": [RECORD_ID], "CallerID": ["+4989461495"], "AgentUID": ["jdoe"]}


def event(**query: list[str]) -> dict[str, Any]:
    return {
        "httpMethod": "GET",
        "resource": "/jtelACD/onClickToDial",
        "multiValueQueryStringParameters": {**GOOD, **query},
    }


def without(name: str, **others: list[str]) -> dict[str, Any]:
    query = {key: value for key, value in GOOD.items() if key != name}
    return {"multiValueQueryStringParameters": {**query, **others}}


def report(decision: Decision | None) -> Report:
    click = Click(RECORD_ID, Callee("mobile"), "jdoe")
    gathered = GatheredFacts(Record(True, "Account"), Agent(True), "salesforce", "salesforce")
    return Report(1, click, gathered, Facts({}), decision)


def problem(response: http.Response) -> Mapping[str, Any]:
    body: Mapping[str, Any] = json.loads(response["body"])
    assert response["headers"]["Content-Type"] == "application/problem+json; charset=utf-8"
    assert response["headers"]["Cache-Control"] == "no-store"
    assert body["status"] == response["statusCode"]
    assert body["type"].startswith("urn:click-to-dial:")
    assert body["title"]
    assert body["detail"]
    return body


def test_the_three_parameters_are_read() -> None:
    request = http.read_request(event(AgentUID=["  jdoe "], SalesForceID=[RECORD_ID[:15]]))
    assert (request.record_id, request.caller_id) == (RECORD_ID, "+4989461495")
    assert request.agent_uid == "jdoe"


def test_further_parameters_are_ignored() -> None:
    assert http.read_request(event(Debug=["1"], salesforceid=["x"])).record_id == RECORD_ID


def test_an_empty_record_id_is_left_to_the_plan() -> None:
    assert http.read_request(event(SalesForceID=[""])).record_id is None


@pytest.mark.parametrize("name", GOOD)
def test_a_parameter_that_is_missing_or_given_twice(name: str) -> None:
    with pytest.raises(BadParameterError, match=f"^{name} is missing\\.$") as error:
        http.read_request(without(name))
    assert error.value.parameter == name
    with pytest.raises(BadParameterError, match=f"^{name} is given 2 times, not once\\.$"):
        http.read_request(event(**{name: [GOOD[name][0], GOOD[name][0]]}))


@pytest.mark.parametrize("name", ["CallerID", "AgentUID"])
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_parameter(name: str, value: str) -> None:
    with pytest.raises(BadParameterError, match=f"^{name} is empty\\.$"):
        http.read_request(event(**{name: [value]}))


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("SalesForceID", "SalesforceId"),
        ("CallerID", "callerId"),
        ("AgentUID", "AgentUid"),
        ("AgentUID", "AgentID"),
        ("SalesForceID", "SalesForceI"),
    ],
)
def test_a_misspelt_parameter_is_named(name: str, given: str) -> None:
    with pytest.raises(BadParameterError) as error:
        http.read_request(without(name, **{given: ["x"]}))
    assert str(error.value) == (
        f"{name} is missing; the request has {given!r}, which is spelt differently."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SalesForceID", RECORD_ID + "x"),
        ("SalesForceID", "//evil.test/"),
        ("AgentUID", "   "),
        ("AgentUID", "x" * 81),
        ("AgentUID", "a\x00b"),
        ("AgentUID", "a�b"),
        ("AgentUID", "a\nb"),
        ("CallerID", "' OR Name != '"),
    ],
)
def test_a_malformed_parameter_is_not_quoted_back(name: str, value: str) -> None:
    with pytest.raises(BadParameterError) as error:
        http.read_request(event(**{name: [value]}))
    assert problem(http.bad_parameter(error.value))["parameter"] == name
    assert not value.strip() or value not in str(error.value)


def test_an_agent_uid_may_hold_80_characters_of_any_script() -> None:
    assert http.read_request(event(AgentUID=["Jürgen Groß"])).agent_uid == "Jürgen Groß"
    assert http.read_request(event(AgentUID=["x" * 80])).agent_uid == "x" * 80


queries = st.dictionaries(
    st.one_of(st.sampled_from([*GOOD, "salesforceId", "Caller-ID"]), st.text()),
    st.lists(st.text(), max_size=3),
)


@given(st.one_of(st.none(), queries))
def test_any_query_is_either_read_or_a_bad_parameter(query: Mapping[str, Any] | None) -> None:
    with suppress(BadParameterError):
        request = http.read_request({"multiValueQueryStringParameters": query})
        assert request.agent_uid or request.fault is not None


@pytest.mark.parametrize(
    ("event", "ours"),
    [
        ({"httpMethod": "GET", "resource": "/jtelACD/onClickToDial"}, True),
        ({"httpMethod": "GET", "resource": "/services/apexrest/jtelACD/onClickToDial"}, True),
        ({"httpMethod": "POST", "resource": "/jtelACD/onClickToDial"}, False),
        ({"httpMethod": "GET", "resource": "/jtelACD/getCallerInformation"}, False),
        ({}, False),
    ],
)
def test_our_routes(event: Mapping[str, Any], ours: bool) -> None:
    assert http.is_our_route(event) is ours


def test_200_names_the_service_number() -> None:
    response = http.answer(report(Decision("a", ServiceNumber("4989461495000", "Zentrale Süd"))))
    assert response["statusCode"] == 200
    assert response["body"] == (
        '{"ServiceNumber": "4989461495000", "ServiceNumberName": "Zentrale Süd"}'
    )
    assert response["headers"] == {
        "Content-Type": "application/json; charset=utf-8",
        "Cache-Control": "no-store",
    }


def test_403_names_reason_and_rule() -> None:
    body = problem(http.answer(report(Decision("opted-out", reason="Does not want to be called."))))
    assert (body["status"], body["rule"]) == (403, "opted-out")
    assert (body["title"], body["detail"]) == ("Forbidden", "Does not want to be called.")


def test_404_for_a_record_and_for_a_path() -> None:
    record = problem(http.answer(report(None)))
    path = problem(http.no_such_path())
    assert (record["status"], record["parameter"]) == (404, "SalesForceID")
    assert (path["status"], path["type"]) == (404, "urn:click-to-dial:no-such-path")


def test_500_tells_nothing_and_503_what_is_missing() -> None:
    assert problem(http.internal_error())["status"] == 500
    body = problem(http.no_dial_plan())
    assert body["status"] == 503
    assert body["detail"].startswith("No dial plan is published, or it cannot be read")


@pytest.mark.parametrize(
    "others",
    [
        {"SalesForceID": ["nonsense"], "AgentUID": ["jdoe"]},
        {"SalesForceID": ["001dM00003jU9GxQAK"], "AgentUID": [""]},
        {"SalesForceID": [], "AgentUID": ["a", "b"]},
    ],
)
def test_faults_beside_a_possible_emergency_number_are_noted(others: dict[str, list[str]]) -> None:
    for number in ("112", "+112", "0112", " 110"):
        request = http.read_request(
            {"multiValueQueryStringParameters": {**others, "CallerID": [number]}}
        )
        assert request.fault is not None
    with pytest.raises(BadParameterError) as raised:
        http.read_request(
            {"multiValueQueryStringParameters": {**others, "CallerID": ["089123456"]}}
        )
    assert str(raised.value) == str(request.fault)
