"""What the measured handlers talk to: DynamoDB, Secrets Manager, Salesforce, each as a process."""

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import boto3
import requests

from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli.aws import adapted
from dialplan_cli.plan.read import read_plan
from local_stack import template as sam
from local_stack.children import Child
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET
from tests.e2e.sandbox import ROOT

DYNAMODB_SECONDS, SALESFORCE_SECONDS = 0.005, 0.150
"""What an answer takes in reality, about."""
TIMEOUT = {"AWS_LAMBDA_FUNCTION_TIMEOUT": "30"}  # the naive one takes long on a busy machine


@dataclass(frozen=True, slots=True)
class World:
    """Where it is, in a function's environment; `uncached` and `cached` are tables."""

    environment: Mapping[str, str]
    folder: Path
    simulator: str
    """Its URL, past what counts."""

    def answer_in(self, dynamodb: float, salesforce: float, *, replay: bool = True) -> None:
        """From now on answers take these seconds; what was counted is forgotten."""
        for url, seconds in ((self.aws, dynamodb), (self.salesforce, salesforce)):
            told = {"seconds": seconds, "replay": replay}
            requests.post(f"{url}/_upstream", json=told, timeout=5).raise_for_status()

    def counted(self) -> dict[str, int]:
        """The requests since `answer_in`, by operation or path."""
        urls = (self.aws, self.salesforce)
        answers = [requests.get(f"{url}/_upstream", timeout=5).json() for url in urls]
        return {name: count for each in answers for name, count in each["requests"].items()}

    def trips(self) -> dict[str, float]:
        """Milliseconds (median) that a round trip takes here at the least, as `answer_in` told."""
        return {"DynamoDB": _trip(self.aws), "Salesforce": _trip(self.salesforce)}

    def table(self, name: str) -> dict[str, str]:
        """The environment of a function that has this table."""
        return {**self.environment, "TABLE_NAME": name}

    @property
    def aws(self) -> str:
        """Before moto."""
        return self.environment["AWS_ENDPOINT_URL"]

    @property
    def salesforce(self) -> str:
        """Before the simulator."""
        return self.environment["SALESFORCE_URL"]


def _trip(url: str, times: int = 30) -> float:
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        taken = []
        for _ in range(times):
            started = time.perf_counter()
            connection.request("GET", "/_upstream/trip")
            connection.getresponse().read()
            taken.append((time.perf_counter() - started) * 1000)
    return median(taken)


@contextmanager
def running() -> Iterator[World]:
    """All of it while the block runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))

        def start(log: str, module: str, *arguments: str) -> str:
            return stack.enter_context(Child(folder / log, module, *arguments)).url()

        aws = start("aws.log", "local_stack.aws")
        salesforce = start("salesforce.log", "local_stack.salesforce", "--port", "0")
        upstream = "tests.benchmarks.upstream"
        parameters = {
            "SalesforceUrl": start("to-salesforce.log", upstream, salesforce),
            "SalesforceSecret": "salesforce",
            "Table": "-",
        }
        settings = sam.environment(sam.load(), parameters, start("to-aws.log", upstream, aws))
        world = World({**TIMEOUT, **settings}, folder, salesforce)
        _fill(aws)
        yield world


def _fill(aws: str) -> None:
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    secret = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    session.client("secretsmanager", endpoint_url=aws).create_secret(
        Name="salesforce", SecretString=secret
    )
    dynamodb = session.client("dynamodb", endpoint_url=aws)
    plan = read_plan(ROOT / "dialplans" / "demo.yaml")
    for table, seconds in (("uncached", 0), ("cached", 3600)):
        sam.create_table(dynamodb, sam.load(), table)
        freshness = {"record": seconds, "agent": seconds, "stale_if_error": 8 * 3600}
        document = {**plan.document, "freshness": freshness}
        PlanStore(adapted(dynamodb), table).publish(
            document, plan.source, author="bench", comment="", replaces=None
        )
        mapping = {"number": {"S": "498999998100"}, "name": {"S": "Customer hotline"}}
        key = {"pk": {"S": "country"}, "sk": {"S": "DE"}}  # what the naive handler reads
        dynamodb.put_item(TableName=table, Item=key | mapping)
