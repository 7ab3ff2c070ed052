"""The authorizer's settings, handler, log line, and what its cold start imports."""

import importlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from click_to_dial.authorizer import wiring as bootstrap_authorizer
from click_to_dial.authorizer.authorize import Verdict, policy
from click_to_dial.authorizer.salesforce_token import AccessPolicy
from click_to_dial.errors import DynamoDBError
from click_to_dial.ports import Identity
from click_to_dial.settings import auth_from_environment
from local_stack.template import aws_at
from tests.callers import ARN, CONTEXT, ENVIRONMENT, ORG, REQUEST_ID, TOKEN, USER, event

ROOT = Path(__file__).parents[3]
ALICE = Identity(USER, "alice@acme.example", ORG)


def test_a_stray_comma_lets_nobody_in() -> None:
    settings = auth_from_environment(ENVIRONMENT | {"SALESFORCE_ALLOWED_USERS": " , "})
    assert AccessPolicy("", settings.allowed_users).refusal(ALICE) == "user-not-allowed"
    assert auth_from_environment(ENVIRONMENT).allowed_users == frozenset()


def test_an_unknown_mode_is_an_error() -> None:
    settings = auth_from_environment(ENVIRONMENT | {"AUTH_MODE": "none"})
    with pytest.raises(ValueError, match="AUTH_MODE must be salesforce or key, not 'none'"):
        bootstrap_authorizer.build_authorizer(settings)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    yield importlib.import_module("functions.authorize.handler")
    del sys.modules["functions.authorize.handler"]


def call(handler: Any, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(handler, "authorize", lambda event: verdict)
    return handler.lambda_handler(event(f"Bearer {TOKEN}"), CONTEXT)


@pytest.mark.parametrize(
    ("change", "context"),
    [
        ({"methodArn": None}, CONTEXT),
        ({"methodArn": 7}, CONTEXT),
        ({}, None),
        ({}, {}),
        (None, CONTEXT),
    ],
)
def test_an_impossible_event_is_a_401(
    handler: Any,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any] | None,
    context: Any,
) -> None:
    monkeypatch.setattr(handler, "authorize", lambda event: Verdict("AuthAllowed", "x", USER))
    impossible = None if change is None else {**event(f"Bearer {TOKEN}"), **change}
    with pytest.raises(Exception, match=r"^Unauthorized$"):
        handler.lambda_handler(impossible, context)
    assert json.loads(log.getvalue().splitlines()[-1])["outcome"] == "AuthFailed"
    assert TOKEN not in log.getvalue()


def test_who_is_let_in_gets_a_policy(
    handler: Any,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = DynamoDBError("No.", code="ThrottlingException", request_id="aws-request-1")
    verdict = Verdict("AuthAllowed", "salesforce", USER, cache_failed=True, error=error)
    assert call(handler, verdict, monkeypatch) == policy(USER, ARN)
    line = json.loads(log.getvalue())
    assert (line["level"], line["outcome"], line["reason"], line["function_request_id"]) == (
        *("INFO", "AuthAllowed", "salesforce"),
        "request-1",
    )
    assert line["failure"] == {
        "error": "DynamoDBError",
        "code": "ThrottlingException",
        "request_id": "aws-request-1",
    }
    counted = json.loads(capsys.readouterr().out)
    (metrics,) = counted["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"]
    assert metrics["Dimensions"] == [["service"]]
    assert counted["service"] == line["service"] == ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]
    names = [metric["Name"] for metric in metrics["Metrics"]]
    assert names == ["AuthAllowed", "AuthCacheFailed"]
    assert [counted[name] for name in names] == [[1], [1]]
    assert USER not in json.dumps([line, counted])


def test_who_is_not_let_in_gets_a_401(
    handler: Any,
    log: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$") as error:
        call(handler, Verdict("AuthRefused", "malformed"), monkeypatch)
    assert error.value.__context__ is None
    line, counted = json.loads(log.getvalue()), json.loads(capsys.readouterr().out)
    assert (line["level"], line["reason"]) == ("WARNING", "malformed")
    assert line["correlation_id"] == REQUEST_ID
    assert counted["AuthRefused"] == [1]
    assert "AuthCacheFailed" not in counted
    assert "failure" not in line


@pytest.mark.parametrize(
    "value", ["", "Bearer ", f"Bearer {TOKEN} {TOKEN}", f"Bearer {TOKEN}\r\n", f"Basic {TOKEN}"]
)
def test_no_log_line_holds_a_token(
    handler: Any, log: io.StringIO, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match="Unauthorized"):
        handler.lambda_handler(event(value), CONTEXT)
    printed = capsys.readouterr()
    assert json.loads(log.getvalue())["reason"] == "malformed"
    assert TOKEN[:8] not in log.getvalue() + printed.out + printed.err


NEVER = {"simple_salesforce", "phonenumbers", "pydantic", "aws_xray_sdk"} | {
    f"click_to_dial.{name}" for name in ("decision", "salesforce.client", "sync")
}
PER_MODE = {
    "key": {"click_to_dial.authorizer.api_key"},
    "salesforce": {
        "click_to_dial.authorizer.salesforce_token",
        "click_to_dial.dynamodb.verified_tokens",
        "click_to_dial.salesforce.userinfo",
        "requests",
    },
}


@pytest.mark.parametrize(("mode", "other"), [("key", "salesforce"), ("salesforce", "key")])
def test_a_mode_imports_only_what_it_needs(mode: str, other: str) -> None:
    environment = {
        **aws_at("http://127.0.0.1:9"),
        **ENVIRONMENT,
        "AUTH_MODE": mode,
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/click_to_dial/python'}",
    }
    code = "import sys, functions.authorize.handler; print(*sys.modules)"
    python = [sys.executable, "-W", "error", "-c", code]
    output = subprocess.run(python, env=environment, capture_output=True, text=True, check=True)
    modules = set(output.stdout.split())
    assert PER_MODE[mode] <= modules
    assert not modules & (NEVER | PER_MODE[other])


def test_the_decision_does_not_import_the_authorizer() -> None:
    code = "import sys, click_to_dial.decision.wiring; print(*sys.modules)"
    environment = {"PYTHONPATH": str(ROOT / "layers/click_to_dial/python")}
    python = [sys.executable, "-c", code]
    output = subprocess.run(python, env=environment, capture_output=True, text=True, check=True)
    assert "click_to_dial.authorizer" not in output.stdout
