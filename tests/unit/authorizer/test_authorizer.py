"""The authorizer's settings, handler, log line, and what its cold start imports."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from click_to_dial.authorizer import wiring as bootstrap_authorizer
from click_to_dial.authorizer.authorize import policy
from click_to_dial.authorizer.salesforce_token import AccessPolicy
from click_to_dial.authorizer.verdict import Verdict
from click_to_dial.ports import Identity
from click_to_dial.settings import auth_from_environment, aws_from_environment
from local_stack.template import aws_at
from tests.callers import ARN, ENVIRONMENT, ORG, TOKEN, USER, event

ROOT = Path(__file__).parents[3]
ALICE = Identity(USER, "alice@acme.example", ORG)


def test_a_stray_comma_lets_nobody_in() -> None:
    settings = auth_from_environment(ENVIRONMENT | {"SALESFORCE_ALLOWED_USERS": " , "})
    assert AccessPolicy("", settings.allowed_users).refusal(ALICE) == "user-not-allowed"
    assert auth_from_environment(ENVIRONMENT).allowed_users == frozenset()


def test_an_unknown_mode_is_an_error() -> None:
    settings = auth_from_environment(ENVIRONMENT | {"AUTH_MODE": "none"})
    with pytest.raises(ValueError, match="AUTH_MODE must be salesforce or key, not 'none'"):
        bootstrap_authorizer.build_authorizer(settings, aws_from_environment())


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    yield importlib.import_module("functions.authorize.handler")
    del sys.modules["functions.authorize.handler"]


def call(handler: Any, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(handler, "authorize", lambda event: verdict)
    context = SimpleNamespace(aws_request_id="request-1")
    return handler.lambda_handler(event(f"Bearer {TOKEN}"), context)


def test_who_is_let_in_gets_a_policy(
    handler: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdict = Verdict("AuthAllowed", "salesforce", USER, cache_failed=True)
    assert call(handler, verdict, monkeypatch) == policy(USER, ARN)
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["outcome"], line["reason"], line["function_request_id"]) == (
        *("INFO", "AuthAllowed", "salesforce"),
        "request-1",
    )
    (metrics,) = line["_aws"]["CloudWatchMetrics"]
    assert metrics["Namespace"] == ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"]
    assert metrics["Dimensions"] == [["service"]]
    assert line["service"] == ENVIRONMENT["POWERTOOLS_SERVICE_NAME"]
    names = [metric["Name"] for metric in metrics["Metrics"]]
    assert names == ["AuthAllowed", "AuthCacheFailed"]
    assert [line[name] for name in names] == [1, 1]
    assert USER not in json.dumps(line)


def test_who_is_not_let_in_gets_a_401(
    handler: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match=r"^Unauthorized$") as error:
        call(handler, Verdict("AuthRefused", "malformed"), monkeypatch)
    assert error.value.__context__ is None
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], line["reason"], line["AuthRefused"]) == ("WARNING", "malformed", 1)
    assert "AuthCacheFailed" not in line


@pytest.mark.parametrize(
    "value", ["", "Bearer ", f"Bearer {TOKEN} {TOKEN}", f"Bearer {TOKEN}\r\n", f"Basic {TOKEN}"]
)
def test_no_log_line_holds_a_token(
    handler: Any, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match="Unauthorized"):
        handler.lambda_handler(event(value), SimpleNamespace(aws_request_id="request-1"))
    printed = capsys.readouterr()
    assert '"reason": "malformed"' in printed.out
    assert TOKEN[:8] not in printed.out + printed.err


NEVER = {"simple_salesforce", "phonenumbers", "pydantic", "aws_lambda_powertools"} | {
    f"click_to_dial.{name}"
    for name in ("bootstrap", "dialplan", "http", "salesforce.client", "service")
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
