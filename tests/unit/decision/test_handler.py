"""Errors of the function: a defect, no dial plan, a bad parameter, another path."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.service import Report, Request
from click_to_dial.errors import (
    ClickToDialError,
    DynamoDBError,
    NoDialPlanError,
    OutOfTimeError,
    SalesforceUnavailableError,
    SecretError,
    UnreadableDialPlanError,
)
from click_to_dial.model import Callee, Click, Decision, Facts, RuleTrace
from functions.on_click_to_dial import handler

CONTEXT = SimpleNamespace(
    function_name="on_click_to_dial",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn",
    aws_request_id="request",
)
SECRETS = ("+4989461495", "jdoe", "001dM00003jU9GxQAK")


class Failing:
    """A service that raises an error whose message contains the request."""

    def __init__(self, error: type[Exception]) -> None:
        self._error = error

    def decide(self, request: Request) -> None:
        raise self._error(f"no luck with {request}")


class Deciding:
    """A service that returns one report."""

    def __init__(self, gathered: GatheredFacts, plan: ClickToDialError, key: SecretError) -> None:
        click = Click(SECRETS[2], Callee("mobile", "DE", SECRETS[0]), SECRETS[1])
        decision = Decision("rule", reason="No.", cause="outage")
        self._report = Report(
            7, click, gathered, Facts({}), decision, plan_failure=plan, hash_failure=key
        )

    def decide(self, request: Request) -> Report:
        return self._report


def answer(path: str = "/jtelACD/onClickToDial", caller_id: str = SECRETS[0]) -> tuple[int, Any]:
    event = {
        "httpMethod": "GET",
        "resource": path,
        "requestContext": {"requestId": "gateway-request"},
        "multiValueQueryStringParameters": {
            "SalesForceID": [SECRETS[2]],
            "CallerID": [caller_id],
            "AgentUID": [SECRETS[1]],
        },
    }
    response = handler.lambda_handler(event, CONTEXT)
    return response["statusCode"], json.loads(response["body"])


def one_line(log: io.StringIO) -> dict[str, Any]:
    text = log.getvalue()
    assert not [secret for secret in SECRETS if secret in text]
    assert "Traceback" not in text
    line: dict[str, Any] = json.loads(text)
    assert line["correlation_id"] == "gateway-request"
    return line


@pytest.mark.parametrize(
    "event", [None, [], {"requestContext": None}, {"requestContext": {"requestId": [[["deep"]]]}}]
)
def test_only_a_text_is_logged_as_the_id_of_the_request(log: io.StringIO, event: Any) -> None:
    """An id of another form might be one that cannot be logged."""
    handler.lambda_handler(event, CONTEXT)
    assert "correlation_id" not in json.loads(log.getvalue())


def test_a_defect_is_a_500_and_logged_with_its_place_but_without_its_message(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "click_to_dial", lambda: Failing(ValueError))
    status, body = answer()
    assert (status, body["type"]) == (500, "urn:click-to-dial:internal-error")
    line = one_line(log)
    assert (line["outcome"], line["error"]) == ("Defect", "ValueError")
    assert Path(sys.modules[__name__].__file__ or "").name in line["at"][-1]


INTERNAL = "arn:aws:dynamodb:eu-central-1:123456789012:table/t is not for role/r (KeyError: 'x')"


@pytest.mark.parametrize("kind", [NoDialPlanError, UnreadableDialPlanError])
def test_without_a_dial_plan_it_is_a_503_and_only_the_log_says_why(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch, kind: type[ClickToDialError]
) -> None:
    error = kind(INTERNAL, code="AccessDeniedException", request_id="aws-1")

    class Nothing:
        def decide(self, request: Request) -> None:
            raise error

    monkeypatch.setattr(handler, "click_to_dial", Nothing)
    status, body = answer()
    assert status == 503
    assert not [word for word in INTERNAL.split() if len(word) > 4 and word in str(body)]
    line = one_line(log)
    assert (line["outcome"], line["remedy"]) == ("NoDialPlan", INTERNAL)
    assert line["failures"] == [
        {"error": kind.__name__, "code": "AccessDeniedException", "request_id": "aws-1"}
    ]


def test_the_line_has_the_request_ids_of_all_failures(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered = GatheredFacts(
        None,
        None,
        "unknown",
        "unknown",
        failures=(SalesforceUnavailableError("server-error", request_id="salesforce-1"),),
        cache_failures=(
            DynamoDBError("Unreadable.", code="ThrottlingException", request_id="aws-1"),
            OutOfTimeError("No answer."),
        ),
    )
    unchecked = DynamoDBError("Unreadable.", code="InternalServerError", request_id="aws-2")
    unhashed = SecretError("Refused.", code="AccessDeniedException", request_id="aws-3")
    service = Deciding(gathered, unchecked, unhashed)
    monkeypatch.setattr(handler, "click_to_dial", lambda: service)
    assert answer()[0] == 403
    assert one_line(log)["failures"] == [
        {
            "error": "SalesforceUnavailableError",
            "reason": "server-error",
            "request_id": "salesforce-1",
        },
        {"error": "DynamoDBError", "code": "ThrottlingException", "request_id": "aws-1"},
        {"error": "OutOfTimeError"},
        {"error": "DynamoDBError", "code": "InternalServerError", "request_id": "aws-2"},
        {"error": "SecretError", "code": "AccessDeniedException", "request_id": "aws-3"},
    ]


def test_a_bad_parameter_is_logged_by_name_only(log: io.StringIO) -> None:
    assert answer(caller_id="drop table")[0] == 400
    line = one_line(log)
    assert (line["outcome"], line["parameter"]) == ("BadParameter", "CallerID")
    assert "drop" not in log.getvalue()


def test_another_path_is_a_404(log: io.StringIO) -> None:
    assert answer(path="/jtelACD/getCallerInformation")[0] == 404
    assert one_line(log)["outcome"] == "NoSuchPath"


@pytest.mark.parametrize("event", [None, [], "x", 7, {}, {"requestContext": None}])
def test_an_event_that_is_not_from_api_gateway_is_a_404(log: io.StringIO, event: Any) -> None:
    response = handler.lambda_handler(event, CONTEXT)
    assert (response["statusCode"], json.loads(response["body"])["status"]) == (404, 404)


def test_without_a_context_it_is_a_500(log: io.StringIO) -> None:
    response = handler.lambda_handler({}, None)
    assert (response["statusCode"], json.loads(response["body"])["status"]) == (500, 500)


@pytest.mark.parametrize(
    "query",
    [None, [], "x", 7, *({"CallerID": value} for value in (7, "12", [None], [["1"]], {"0": "1"}))],
)
def test_query_values_that_are_no_lists_of_texts_are_a_400(log: io.StringIO, query: Any) -> None:
    good = {"SalesForceID": [SECRETS[2]], "AgentUID": [SECRETS[1]]}
    event = {
        "httpMethod": "GET",
        "resource": "/jtelACD/onClickToDial",
        "multiValueQueryStringParameters": good | query if isinstance(query, dict) else query,
    }
    response = handler.lambda_handler(event, CONTEXT)
    assert (response["statusCode"], json.loads(response["body"])["status"]) == (400, 400)


def line_of(trace: list[RuleTrace], log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> Any:
    gathered = GatheredFacts(None, None, "cached", "cached")
    click = Click(SECRETS[2], Callee("mobile", "DE", SECRETS[0]), SECRETS[1])
    decision = Decision("the-last", reason="No.", trace=tuple(trace))
    report = Report(7, click, gathered, Facts({}), decision)
    monkeypatch.setattr(
        handler, "click_to_dial", lambda: SimpleNamespace(decide=lambda request: report)
    )
    assert answer()[0] == 403
    return one_line(log)


def test_the_line_has_the_rules_before_and_the_facts_that_failed_without_values(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace: list[RuleTrace] = [
        ("emergency", "failed", None, None),
        ("own-customer", "failed", "record.owner", {"same_as": SECRETS[1]}),
        ("account-number", "no-number", None, None),
        ("the-last", "decided", None, None),
    ]
    line = line_of(trace, log, monkeypatch)
    assert line["rules_before"] == [
        ["emergency", None],
        ["own-customer", "record.owner"],
        ["account-number", None],
    ]
    assert line["rules_evaluated"] == 4


def test_of_many_rules_the_line_has_the_last_ones(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace: list[RuleTrace] = [
        *((f"rule-{n:04}", "failed", "record.kind", "x") for n in range(5000)),
        ("the-last", "unknown", "record.kind", "x"),
    ]
    line = line_of(trace, log, monkeypatch)
    kept = 1000 // len("rule-0000record.kind")
    assert line["rules_before"] == [
        [f"rule-{n:04}", "record.kind"] for n in range(5000 - kept, 5000)
    ]
    assert line["rules_evaluated"] == 5001
