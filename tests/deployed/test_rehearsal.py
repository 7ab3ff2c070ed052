"""A rehearsal of production, step by step: deploy, publish, call, change, roll back, delete."""

import json
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from click_to_dial import aws as click_to_dial_aws
from click_to_dial.pre_traffic.check import faults
from local_stack.salesforce.simulator import Simulator
from tests.deployed.local_aws import ROOT, LocalAws
from tests.deployed.stack import Stack, build, send

EVENTS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
DEMO_PLAN = ROOT / "dialplans/demo.yaml"


@pytest.fixture(scope="module")
def stack(aws: LocalAws, salesforce: Simulator, built: Path) -> Iterator[Stack]:
    stack = Stack(aws, "click-to-dial", salesforce)
    stack.deploy(built)
    yield stack
    stack.delete()


@pytest.fixture(scope="module")
def published(stack: Stack) -> Stack:
    """The stack with a dial plan.

    A call has found the Salesforce secret empty. That must not delay the publication after it was
    filled.
    """
    token = stack.token()
    assert send(stack, EVENTS["503-no-dial-plan"], token).status_code == 503
    stack.fill_secrets()
    stack.aws.dialplan("publish", str(DEMO_PLAN), "--stack", stack.name, "--yes")
    return stack


def customer(stack: Stack, token: str) -> Any:
    """Call the customer of the event 200-customer-in-germany."""
    return send(stack, EVENTS["200-customer-in-germany"], token)


def test_a_new_stack_has_no_dial_plan(stack: Stack) -> None:
    response = send(stack, EVENTS["503-no-dial-plan"], stack.token())
    assert response.status_code == 503, response.text
    assert response.json()["type"] == "urn:click-to-dial:no-dial-plan"


@pytest.mark.parametrize("name", sorted(EVENTS.keys() - {"503-no-dial-plan"}))
def test_an_event_is_answered_as_its_name_says(published: Stack, name: str) -> None:
    response = send(published, EVENTS[name], published.token())
    assert response.status_code == int(name[:3]), response.text
    assert response.headers["Cache-Control"] == "no-store"
    if response.status_code != 200:
        assert response.headers["Content-Type"] == "application/problem+json; charset=utf-8"
        assert response.json()["status"] == response.status_code


@pytest.mark.parametrize("token", [None, "wrong", "00D000000000001!forged"])
def test_a_caller_without_a_valid_token(published: Stack, token: str | None) -> None:
    response = published.get("/jtelACD/onClickToDial", token)
    assert response.status_code == 401, response.text
    assert response.json()["status"] == 401


def smoke(stack: Stack) -> str:
    """Run `make smoke` and return what it prints. Raises AssertionError if a check fails."""
    return stack.aws.run(
        *(sys.executable, "-m", "dialplan_cli.smoke", stack.name),
        PYTHONPATH=f"{ROOT}:{ROOT / 'layers/click_to_dial/python'}",
        TOKEN=stack.token(),
        QUERY="SalesForceID=001Tv00000Bq001IAB&CallerID=4930123456&AgentUID=ahuber",
    )


def test_the_smoke_test(published: Stack) -> None:
    output = smoke(published)
    assert "WRONG" not in output, output
    assert "your call: 200" in output, output


def test_the_synchronisation(published: Stack) -> None:
    _, function = published.resources()["SyncFunction"]
    response = published.aws.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    payload = json.loads(response["Payload"].read())
    assert "FunctionError" not in response, payload
    assert payload == {"entries": {}}  # the demo plan keeps no mapping in Salesforce


def test_the_history_and_a_rollback(published: Stack, tmp_path: Path) -> None:
    aws, name = published.aws, published.name
    closed = tmp_path / "closed.yaml"
    rule = "rules:\n  - {id: closed, when: {callee.kind: fixed-line}, refuse: Closed.}\n"
    closed.write_text(DEMO_PLAN.read_text().replace("rules:\n", rule))
    aws.dialplan("publish", str(closed), "--stack", name, "--yes", "--comment", "closed today")
    assert "closed today" in aws.dialplan("history", "--stack", name)
    aws.dialplan("rollback", "1", "--stack", name, "--yes")
    active = aws.dialplan("show", "--stack", name)
    assert "closed" not in active
    assert customer(published, published.token()).status_code == 200


def test_a_change_of_a_parameter_publishes_a_version(published: Stack, built: Path) -> None:
    before = published.live_version("OnClickToDialFunction")
    published.deploy(built, TimeBudgetMs="2000")
    assert published.live_version("OnClickToDialFunction") != before
    assert customer(published, published.token()).status_code == 200


def test_the_check_of_a_new_version_before_it_gets_traffic(published: Stack) -> None:
    """Run the check of CodeDeploy's hook, because the local AWS has no CodeDeploy."""
    _, name = published.resources()["OnClickToDialFunction"]
    version = published.live_version("OnClickToDialFunction")
    client = published.aws.client("lambda")
    invoke = partial(click_to_dial_aws.invoke, client, f"{name}:{version}")
    assert faults(invoke, "a-deployment") == []
    _, sync = published.resources()["SyncFunction"]
    wrong = partial(click_to_dial_aws.invoke, client, sync)
    assert len(faults(wrong, "a-deployment")) == 2


def test_other_calls_are_passed_on_if_a_parameter_says_so(published: Stack, built: Path) -> None:
    token = published.token()
    path = "/jtelACD/getCallerInformation"
    refused = published.get(path, token)
    assert refused.json()["type"] == "urn:click-to-dial:no-such-path"
    published.deploy(built, TimeBudgetMs="2000", OtherCalls="pass-on")
    assert published.get(path, None).status_code == 401
    for beginning in ("", "/services/apexrest"):
        answer = published.get(f"{beginning}{path}", token, CallerID="+4989").json()
        assert answer["path"] == "/services/apexrest/jtelACD/getCallerInformation"
        assert (answer["method"], answer["query"]) == ("GET", "CallerID=%2B4989")
    assert customer(published, token).status_code == 200
    assert "WRONG" not in smoke(published)


def test_parameters_that_contradict_each_other_are_rejected(published: Stack, built: Path) -> None:
    with pytest.raises(AssertionError, match="OtherCallsAreAuthenticatedBySalesforce"):
        published.deploy(built, OtherCalls="pass-on", AuthMode="key")
    assert customer(published, published.token()).status_code == 200


def test_a_change_of_the_code_publishes_a_version(published: Stack, built: Path) -> None:
    before = published.live_version("OnClickToDialFunction")
    changed = built.parents[1] / "changed"  # beside it, because the template has relative paths
    shutil.copytree(built.parent, changed, dirs_exist_ok=True)
    try:
        (changed / "ClickToDialLayer/python/click_to_dial/new.py").write_text("# a change\n")
        published.deploy(changed / built.name, TimeBudgetMs="2000")
    finally:
        shutil.rmtree(changed)
    assert published.live_version("OnClickToDialFunction") != before
    assert customer(published, published.token()).status_code == 200


def test_a_second_stack_in_the_same_account_and_region(published: Stack, built: Path) -> None:
    """It authenticates callers with a key, the first with tokens of Salesforce."""
    second = Stack(published.aws, "click-to-dial-staging", published.salesforce)
    second.deploy(built, config_env="staging", AuthMode="key")
    try:
        second.fill_secrets()
        key = second.token()
        second.aws.dialplan("publish", str(DEMO_PLAN), "--stack", second.name, "--yes")
        for name in sorted(EVENTS.keys() - {"503-no-dial-plan"}):
            response = send(second, EVENTS[name], key)
            assert response.status_code == int(name[:3]), (name, response.text)
        assert second.get("/jtelACD/onClickToDial", "wrong").status_code == 401
        assert customer(published, key).status_code == 401
        assert customer(published, published.token()).status_code == 200
    finally:
        second.delete()


def test_a_deleted_stack_leaves_what_the_template_retains_and_nothing_else(
    aws: LocalAws, salesforce: Simulator, built: Path
) -> None:
    """docs/deploy.md names it: the table, the secrets, the logs, and API Gateway's role."""
    stack = Stack(aws, "click-to-dial-deleted", salesforce)
    stack.deploy(built)
    resources = stack.resources()
    before = {name for name, resource in resources.items() if exists(aws, *resource)}
    stack.delete()
    after = {name for name in before if exists(aws, *resources[name])}
    assert before > after
    named = {"Table", "SalesforceSecret", "NumberKeySecret", "ApiGatewayLogsRole"}
    logs = {name for name, (kind, _) in resources.items() if kind == "AWS::Logs::LogGroup"}
    assert len(logs) == 5
    assert after == named | logs


def exists(aws: LocalAws, kind: str, identifier: str) -> bool:
    """Return whether a resource exists; False for a type that is not looked up."""
    look_up: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
        # type: service, operation, key of its list, keys of a name (none: the item is the name)
        "AWS::ApiGateway::RestApi": ("apigateway", "get_rest_apis", "items", ("id",)),
        "AWS::CloudWatch::Alarm": (
            *("cloudwatch", "describe_alarms", "MetricAlarms"),
            ("AlarmName", "AlarmArn"),
        ),
        "AWS::DynamoDB::Table": ("dynamodb", "list_tables", "TableNames", ()),
        "AWS::IAM::Role": ("iam", "list_roles", "Roles", ("RoleName",)),
        "AWS::Lambda::Function": ("lambda", "list_functions", "Functions", ("FunctionName",)),
        "AWS::Logs::LogGroup": ("logs", "describe_log_groups", "logGroups", ("logGroupName",)),
        "AWS::SNS::Topic": ("sns", "list_topics", "Topics", ("TopicArn",)),
        "AWS::SecretsManager::Secret": (
            *("secretsmanager", "list_secrets", "SecretList"),
            ("ARN", "Name"),
        ),
        "AWS::Scheduler::Schedule": ("scheduler", "list_schedules", "Schedules", ("Name", "Arn")),
    }
    if kind not in look_up:
        return False
    service, operation, items, keys = look_up[kind]
    client = aws.client(service)
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate()
    else:
        pages = [getattr(client, operation)()]
    found = [item for page in pages for item in page[items]]
    return any(identifier in ([item[key] for key in keys] if keys else [item]) for item in found)


def test_an_upgrade_from_the_previous_commit_keeps_the_data(
    aws: LocalAws, salesforce: Simulator, built: Path, tmp_path: Path
) -> None:
    previous = tmp_path / "previous"
    aws.run("git", "worktree", "add", "--detach", previous, "HEAD~1")
    try:
        stack = Stack(aws, "click-to-dial-upgrade", salesforce)
        stack.deploy(build(previous, aws))
        stack.fill_secrets()
        aws.dialplan("publish", str(DEMO_PLAN), "--stack", stack.name, "--yes")
        token = stack.token()
        assert customer(stack, token).status_code == 200
        logins = salesforce.logins
        stack.deploy(built)
        response = customer(stack, token)
        assert response.status_code == 200, response.text
        assert response.json()["ServiceNumber"]
        assert salesforce.logins == logins, "the access token was lost"
        stack.delete()
    finally:
        aws.run("git", "worktree", "remove", "--force", previous)
