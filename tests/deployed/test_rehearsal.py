"""A rehearsal of production, step by step: deploy, publish, call, change, roll back, delete."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_stack.salesforce.simulator import Simulator
from tests.deployed.local_aws import ROOT, LocalAws
from tests.deployed.stack import Stack, build, send

EVENTS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "events").glob("*.json")}
DEMO_PLAN = ROOT / "dialplans/demo.yaml"


@pytest.fixture(scope="module")
def stack(aws: LocalAws, salesforce: Simulator, built: Path) -> Iterator[Stack]:
    stack = Stack(aws, "click-to-dial", salesforce)
    stack.deploy(built)
    stack.fill_secrets()
    yield stack
    stack.delete()


@pytest.fixture(scope="module")
def published(stack: Stack) -> Stack:
    """The stack with a dial plan."""
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


def test_the_smoke_test(published: Stack) -> None:
    query = "SalesForceID=001Tv00000Bq001IAB&CallerID=4930123456&AgentUID=ahuber"
    output = published.aws.run(
        *(sys.executable, "-m", "dialplan_cli.smoke", published.name),
        PYTHONPATH=f"{ROOT}:{ROOT / 'layers/click_to_dial/python'}",
        TOKEN=published.token(),
        QUERY=query,
    )
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


def test_a_deleted_stack_keeps_the_data(aws: LocalAws, salesforce: Simulator, built: Path) -> None:
    stack = Stack(aws, "click-to-dial-deleted", salesforce)
    stack.deploy(built)
    resources = stack.resources()
    stack.delete()
    tables = aws.client("dynamodb").list_tables()["TableNames"]
    found = aws.client("secretsmanager").list_secrets()["SecretList"]
    secrets = {secret[key] for secret in found for key in ("ARN", "Name")}
    functions = {
        each["FunctionName"] for each in aws.client("lambda").list_functions()["Functions"]
    }
    logs = {
        group["logGroupName"] for group in aws.client("logs").describe_log_groups()["logGroups"]
    }
    for kind, identifier in resources.values():
        if kind == "AWS::DynamoDB::Table":
            assert identifier in tables
        elif kind == "AWS::SecretsManager::Secret":
            assert identifier in secrets
        elif kind == "AWS::Lambda::Function":
            assert identifier not in functions
        elif kind == "AWS::Logs::LogGroup":
            assert identifier not in logs


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
