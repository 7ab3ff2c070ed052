"""One moto for all integration tests, and the template's table, a new one for each test.

Sockets stay open: the Salesforce simulator is an HTTP server.
"""

import json
import os
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest

from click_to_dial.aws import AwsClient, create_client
from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli import targets
from local_stack import template
from local_stack.aws import start
from local_stack.salesforce import Simulator, running
from local_stack.setup import NUMBER_KEY
from tests.integration.dialplan_command import Dialplan

DEMO_ORG = Path(__file__).parents[2] / "local_stack/demo_org.json"


class Table(NamedTuple):
    name: str
    dynamodb: AwsClient
    """A client like that of the functions."""
    boto3: Any
    """A client to look at the table with, from outside."""


@pytest.fixture(scope="session", autouse=True)
def aws() -> Iterator[None]:
    """AWS is moto's server in this process; DynamoDB may be another (`make test-dynalite`)."""
    server, url = start()
    os.environ.update(template.aws_at(url))
    boto3.client("secretsmanager").create_secret(Name=NUMBER_KEY, SecretString=NUMBER_KEY)
    if other := os.environ.get("DYNAMODB_OF_TESTS"):
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = other
    yield
    server.stop()


@pytest.fixture(scope="session")
def _boto3(aws: None) -> Any:
    return boto3.client("dynamodb")


@pytest.fixture
def table(_boto3: Any) -> Table:
    name = f"table-{uuid.uuid4()}"
    template.create_table(_boto3, template.load(), name)
    patient = create_client("dynamodb", read_seconds=10)  # fifty threads share one moto
    return Table(name, patient, _boto3)


@pytest.fixture
def org() -> Any:
    """The rows of Salesforce; a module that needs others has a fixture of this name."""
    return json.loads(DEMO_ORG.read_text())


@pytest.fixture
def salesforce(org: Any) -> Iterator[Simulator]:
    with running(org) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def _simulator(request: pytest.FixtureRequest) -> Iterator[Simulator]:
    with running(request.module.ORG) as simulator:
        yield simulator


@pytest.fixture
def simulator(_simulator: Simulator) -> Simulator:
    """One simulator for all tests of a module, with its rows `ORG`; no faults, counts of 0."""
    _simulator.heal()
    _simulator.reset_stats()
    return _simulator


@pytest.fixture
def dialplan(capsys: pytest.CaptureFixture[str], nowhere: None) -> Dialplan:
    return Dialplan(capsys)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs on this machine, whatever the developer has started."""
    monkeypatch.setattr(targets, "LOCAL", tmp_path)
    monkeypatch.delenv("PORT", raising=False)


@pytest.fixture
def environment(
    table: Table, salesforce: Simulator, nowhere: None, monkeypatch: pytest.MonkeyPatch
) -> Mapping[str, str]:
    """A system on this machine: the table, the organisation, nothing published."""
    secret = boto3.client("secretsmanager").create_secret(
        Name=table.name,
        SecretString=json.dumps(
            {"client_id": salesforce.client_id, "client_secret": salesforce.client_secret}
        ),
    )
    values = {
        "Table": table.name,
        "SalesforceSecret": secret["ARN"],
        "NumberKeySecret": NUMBER_KEY,
        "SalesforceUrl": salesforce.url,
    }
    found: dict[str, str] = {}
    for function in ("OnClickToDialFunction", "SyncFunction"):
        url = os.environ["AWS_ENDPOINT_URL"]
        found |= template.environment(template.load(), values, url, function)
    for name in found.keys() - os.environ.keys():  # so that they are taken away again
        monkeypatch.setenv(name, "")
    state = targets.LOCAL / "3000/run.json"
    state.parent.mkdir()
    state.write_text(json.dumps(found))
    return found


@pytest.fixture
def store(environment: Mapping[str, str], table: Table) -> PlanStore:
    return PlanStore(table.dynamodb, table.name)
