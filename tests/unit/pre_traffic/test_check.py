"""The check of a new version before it gets traffic, with the real handler as the new version."""

import json
from typing import Any

import pytest

from click_to_dial.errors import InvocationError, NoDialPlanError
from click_to_dial.pre_traffic.check import QUERY, Event, event, faults
from functions.on_click_to_dial import handler
from tests.fakes import DOCUMENT, FakeSalesforce, plan
from tests.unit.decision.test_handler import CONTEXT
from tests.unit.decision.test_service import DOWN, service

NO_PLAN = NoDialPlanError("None is published.")
LIMITED = plan(
    rules=[
        {
            "id": "too-often",
            "when": {"callee.attempts": {"gte": 4, "within": 86400, "by": "anyone"}},
            "refuse": "Called too often.",
        },
        *DOCUMENT["rules"],
    ]
)


def answering(*statuses: Any) -> list[str]:
    """Return the faults of a version that answers with these statuses, in this order."""
    remaining = iter(statuses)
    return faults(lambda event: {"statusCode": next(remaining)}, "d-1")


@pytest.mark.parametrize("status", [200, 403, 404, 503])
def test_a_version_that_decides_has_no_fault(status: int) -> None:
    assert answering(400, status) == []


@pytest.mark.parametrize("status", [500, 502, None, "200"])
def test_a_defect_or_an_answer_without_a_status_is_a_fault(status: Any) -> None:
    assert answering(400, status) == [f"The response to a valid click has the status {status}."]


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_malformed_id_must_be_a_400(status: int) -> None:
    assert answering(status, 200) == [f"The response to a malformed id has the status {status}."]


@pytest.mark.parametrize("response", [None, [], "x", {}])
def test_a_response_of_another_form_is_a_fault(response: Any) -> None:
    assert len(faults(lambda event: response, "d-1")) == 2


def test_a_version_that_does_not_answer_has_faults() -> None:
    def invoke(event: Event) -> Any:
        raise InvocationError("It ended with an error (Sandbox.Timedout).")

    found = faults(invoke, "d-1")
    assert len(found) == 2
    assert "Sandbox.Timedout" in found[0]


def invoked(monkeypatch: pytest.MonkeyPatch, the_service: Any) -> list[str]:
    """Return the faults that the real handler has with a service."""
    monkeypatch.setattr(handler, "click_to_dial", lambda: the_service)
    return faults(lambda event: handler.lambda_handler(json.loads(json.dumps(event)), CONTEXT), "d")


@pytest.mark.parametrize("salesforce", [FakeSalesforce(), FakeSalesforce(error=DOWN)])
def test_the_handler_passes(monkeypatch: pytest.MonkeyPatch, salesforce: Any) -> None:
    assert invoked(monkeypatch, service(salesforce)) == []


def test_the_handler_passes_without_a_dial_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    without = service()
    without.plans.error = NO_PLAN  # type: ignore[attr-defined]
    assert invoked(monkeypatch, without) == []


def test_a_handler_with_a_defect_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = service()
    broken.plans.error = ZeroDivisionError()  # type: ignore[attr-defined]
    assert invoked(monkeypatch, broken) == ["The response to a valid click has the status 500."]


@pytest.mark.parametrize(("is_check", "writes"), [(True, 0), (False, 1)])
def test_only_a_call_is_counted(
    monkeypatch: pytest.MonkeyPatch, is_check: bool, writes: int
) -> None:
    """Even if the account exists, and if a limit applies to the call."""
    limited = service(the_plan=LIMITED)
    monkeypatch.setattr(handler, "click_to_dial", lambda: limited)
    request = dict(event(QUERY, "d"))
    if not is_check:
        del request["dryRun"]
    assert handler.lambda_handler(request, CONTEXT)["statusCode"] == 200
    assert limited.attempts.writes == writes  # type: ignore[attr-defined]
