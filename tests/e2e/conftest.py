"""The built function in sandboxes, with DynamoDB and Secrets Manager (moto) and the simulator."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import boto3
import pytest

from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli.plan.read import read_plan
from local_stack import template as sam
from local_stack.children import Child
from local_stack.salesforce.server import running
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET
from tests.e2e.sandbox import PYTHON, ROOT, Sandbox, built, started

CREDENTIALS = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})


def pytest_report_header() -> str:
    command = [str(PYTHON), "-c", "import platform; print(platform.python_version())"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    note = "" if version.startswith("3.13.") else " (WARNING: Lambda will use 3.13)"
    return f"the built function runs with Python {version}{note}"


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def aws_url(folder: Path) -> Iterator[str]:
    with Child(folder / "aws.log", "local_stack.aws") as aws:
        yield aws.url()


@pytest.fixture(scope="session")
def environment(aws_url: str) -> Iterator[Mapping[str, str]]:
    """The function's environment, with a secret, but without a table and so without a dial plan."""
    secrets = boto3.client("secretsmanager", endpoint_url=aws_url)
    secrets.create_secret(Name="salesforce", SecretString=CREDENTIALS)
    secrets.create_secret(Name="number-key", SecretString="the key of the hashes")
    with running(ROOT / "local_stack/demo_org.json") as salesforce:
        settings = {"SalesforceUrl": salesforce.url, "SalesforceSecret": "salesforce", "Table": "-"}
        settings["NumberKeySecret"] = "number-key"
        yield sam.environment(sam.load(), settings, aws_url)


@pytest.fixture(scope="session")
def sandbox(environment: Mapping[str, str], aws_url: str, folder: Path) -> Iterator[Sandbox]:
    """A sandbox where the demo plan is published."""
    dynamodb = boto3.client("dynamodb", endpoint_url=aws_url)
    sam.create_table(dynamodb, sam.load(), "with-plan")
    plan = read_plan(ROOT / "dialplans" / "demo.yaml")
    PlanStore(dynamodb, "with-plan").publish(
        plan.document, plan.source.text, author="e2e", comment="", replaces=None
    )
    variables = {**environment, "TABLE_NAME": "with-plan"}
    with started(built("OnClickToDialFunction"), variables, folder / "with-plan.log") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def sandbox_without_plan(
    environment: Mapping[str, str], aws_url: str, folder: Path
) -> Iterator[Sandbox]:
    """A sandbox with a table where nothing is published yet."""
    dynamodb = boto3.client("dynamodb", endpoint_url=aws_url)
    sam.create_table(dynamodb, sam.load(), "without-plan")
    variables = {**environment, "TABLE_NAME": "without-plan"}
    with started(built("OnClickToDialFunction"), variables, folder / "without-plan.log") as sandbox:
        yield sandbox
