"""CodeDeploy's hook: the handler with fakes of Lambda and CodeDeploy."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from click_to_dial import aws
from click_to_dial.errors import DeploymentHookError
from click_to_dial.pre_traffic import wiring
from tests.unit.decision.test_handler import CONTEXT

VERSION = "arn:aws:lambda:eu-central-1:123456789012:function:decide:7"
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "execution-1"}
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": VERSION}}, "any")


class FakeAws:
    """The clients of Lambda and CodeDeploy."""

    def __init__(self) -> None:
        self.payload = b'{"statusCode": 400}'
        self.function_error: str | None = None
        self.denies: set[str] = set()
        self.invoked: list[tuple[str, Any]] = []
        self.reported: list[dict[str, str]] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        if "invoke" in self.denies:
            raise DENIED
        self.invoked.append((FunctionName, json.loads(Payload)))
        error = {"FunctionError": self.function_error} if self.function_error else {}
        return {"Payload": io.BytesIO(self.payload), **error}

    def put_lifecycle_event_hook_execution_status(self, **arguments: str) -> None:
        if "report" in self.denies:
            raise DENIED
        self.reported.append(arguments)


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    return FakeAws()


@pytest.fixture
def hook(fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    monkeypatch.setenv("NEW_VERSION", VERSION)
    monkeypatch.setattr(aws, "create_client", lambda service, **_: fake_aws)
    from functions.pre_traffic import handler

    monkeypatch.setattr(handler, "check", wiring.checker())
    monkeypatch.setattr(handler, "report", wiring.reporter())
    return lambda: handler.lambda_handler(EVENT, CONTEXT)


def test_a_good_version_gets_traffic(hook: Callable[[], Any], fake_aws: FakeAws) -> None:
    assert hook() == {"status": "Succeeded", "faults": []}
    assert fake_aws.reported == [
        {
            "deploymentId": "d-1",
            "lifecycleEventHookExecutionId": "execution-1",
            "status": "Succeeded",
        }
    ]
    assert [function for function, _ in fake_aws.invoked] == [VERSION] * 2
    for _, event in fake_aws.invoked:
        assert event["dryRun"] is True
        assert event["requestContext"] == {"requestId": "d-1"}


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b'{"statusCode": 500}', None),
        (b'{"errorMessage": "secret", "errorType": "Runtime.ImportModuleError"}', "Unhandled"),
        (b'"2026-11-28 Task timed out"', "Unhandled"),
        (b"not JSON", None),
        (b"null", None),
    ],
)
def test_a_bad_version_gets_none(
    hook: Callable[[], Any],
    fake_aws: FakeAws,
    log: io.StringIO,
    payload: bytes,
    error: str | None,
) -> None:
    fake_aws.payload, fake_aws.function_error = payload, error
    assert hook()["status"] == "Failed"
    assert [each["status"] for each in fake_aws.reported] == ["Failed"]
    line = json.loads(log.getvalue())
    assert (line["level"], line["outcome"], line["deployment"]) == ("ERROR", "Failed", "d-1")
    assert len(line["faults"]) == 2
    assert "secret" not in log.getvalue()


def test_a_version_that_cannot_be_invoked_gets_none(
    hook: Callable[[], Any], fake_aws: FakeAws
) -> None:
    fake_aws.denies = {"invoke"}
    assert "AccessDeniedException" in hook()["faults"][0]
    assert [each["status"] for each in fake_aws.reported] == ["Failed"]


def test_a_result_that_code_deploy_does_not_accept_is_an_error(
    hook: Callable[[], Any], fake_aws: FakeAws
) -> None:
    fake_aws.denies = {"report"}
    with pytest.raises(DeploymentHookError, match="AccessDeniedException"):
        hook()
