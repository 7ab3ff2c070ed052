"""The services that the attacked sandboxes call: DynamoDB behind a faulty proxy, and Salesforce."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests

from click_to_dial.dynamodb.number_lists import NumberLists
from click_to_dial.dynamodb.plan_store import PlanStore
from local_stack import template
from local_stack.children import Child
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET
from local_stack.setup import NUMBER_KEY, SECRET, TABLE
from tests.attack.sandbox import Sandbox


@dataclass(frozen=True)
class World:
    """Running services. `aws` and `dynamodb` reach DynamoDB without the proxy."""

    environment: Mapping[str, str]
    salesforce: str
    proxy: str
    dynamodb: Any
    folder: Path

    @property
    def plans(self) -> PlanStore:
        """The published dial plans."""
        return PlanStore(self.dynamodb, TABLE)

    @property
    def lists(self) -> NumberLists:
        """The number lists."""
        return NumberLists(self.dynamodb, TABLE)

    def publish(self, document: Mapping[str, Any]) -> None:
        """Publish a dial plan."""
        active = self.plans.active()
        replaces = None if active is None else active.version
        self.plans.publish(document, "", author="attack", comment="", replaces=replaces)

    def command(self, path: str, body: Mapping[str, Any], method: str = "POST") -> None:
        """Send a command to the Salesforce simulator."""
        url = f"{self.salesforce}/_simulator/{path}"
        requests.request(method, url, json=body, timeout=10).raise_for_status()

    def logins(self) -> int:
        """Return the number of logins that Salesforce has granted."""
        answer = requests.get(f"{self.salesforce}/_simulator/stats", timeout=10)
        return int(answer.json()["logins"])

    def sandbox(self, clock_offset: float = 0.0, **changes: str) -> Sandbox:
        """Start a sandbox of the decision function. `changes` are other values of its settings."""
        return Sandbox({**self.environment, **changes}, self.log, clock_offset)

    @property
    def log(self) -> Path:
        """The log of all sandboxes."""
        return self.folder / "functions.log"

    def fail_dynamodb(self, share: float, kinds: Sequence[str]) -> None:
        """Let this share of the requests to DynamoDB fail."""
        settings = {"share": share, "kinds": list(kinds)}
        requests.post(f"{self.proxy}/_proxy", json=settings, timeout=10).raise_for_status()

    def failed_requests(self) -> Mapping[str, int]:
        """Return the number of requests to DynamoDB that the proxy let fail, by kind."""
        found: Mapping[str, int] = requests.get(f"{self.proxy}/_proxy", timeout=10).json()
        return found


@contextmanager
def running(org: Mapping[str, Any]) -> Iterator[World]:
    """Run the services with these rows in Salesforce, each in a process of its own."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "org.json").write_text(json.dumps(org))

        def start(module: str, *arguments: str) -> str:
            return stack.enter_context(Child(folder / f"{module}.log", module, *arguments)).url()

        aws = start("local_stack.aws")
        proxy = start("tests.attack.dynamodb_proxy", aws)
        salesforce = start(
            "local_stack.salesforce", "--port", "0", "--org", str(folder / "org.json")
        )
        session = boto3.Session("testing", "testing", region_name="eu-central-1")
        secret = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
        secrets = session.client("secretsmanager", endpoint_url=aws)
        secrets.create_secret(Name=SECRET, SecretString=secret)
        secrets.create_secret(Name=NUMBER_KEY, SecretString=NUMBER_KEY)
        dynamodb = session.client("dynamodb", endpoint_url=aws)
        template.create_table(dynamodb, template.load(), TABLE)
        values = {"Table": TABLE, "SalesforceSecret": SECRET, "SalesforceUrl": salesforce}
        values["NumberKeySecret"] = NUMBER_KEY
        environment = {
            **template.environment(template.load(), values, proxy),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "NO_PROXY": "127.0.0.1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        os.environ.update(environment)  # the sandboxes inherit it
        yield World(environment, salesforce, proxy, dynamodb, folder)
