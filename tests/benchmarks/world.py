"""The services that the measured functions call: DynamoDB, Secrets Manager and Salesforce."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import boto3
import certifi
import requests

from click_to_dial.dynamodb.plan_store import PlanStore
from dialplan_cli.plan.read import read_plan
from local_stack import template as sam
from local_stack.children import Child
from local_stack.salesforce.simulator import CLIENT_ID, CLIENT_SECRET
from tests.e2e.sandbox import ROOT
from tests.integration.certificates import self_signed

DYNAMODB_SECONDS, SALESFORCE_SECONDS = 0.005, 0.150
"""About what a response takes on AWS."""
PAUSE_SECONDS = 0.01
"""Pause of the services between two calls under the emulator. Processors are slow after a pause."""
TABLES = ("uncached", "cached")
"""Facts of Salesforce stay fresh for no time at all, or for an hour."""


@dataclass(frozen=True, slots=True)
class World:
    """The proxies' URLs, and what functions need to reach the services through them."""

    aws: str
    salesforce: str
    simulator: str
    """The simulator's own URL, without the proxy."""
    folder: Path
    tls: bool = False

    def over_tls(self) -> "World":
        """Return the same services, for functions that call them over TLS."""
        return replace(self, tls=True)

    def environment(self, function: str, table: str) -> dict[str, str]:
        """Return the environment of a function of template.yaml that uses this table."""
        aws, salesforce = self.aws, self.salesforce
        if self.tls:
            aws, salesforce = (
                requests.get(f"{url}/_upstream", timeout=5).json()["https"]
                for url in (aws, salesforce)
            )
        values = {"SalesforceUrl": salesforce, "SalesforceSecret": "salesforce", "Table": table}
        values["NumberKeySecret"] = "number-key"
        trusted = str(self.folder / "trusted.pem")
        return {
            **sam.environment(sam.load(), values, aws, function),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",  # the naive handler is slow on a busy machine
            **dict.fromkeys(("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), trusted),
        }

    def answer_in(self, dynamodb: float, salesforce: float, *, replay: bool = True) -> None:
        """Set the response times in seconds, and reset the counts."""
        for url, seconds in ((self.aws, dynamodb), (self.salesforce, salesforce)):
            settings = {"seconds": seconds, "replay": replay}
            requests.post(f"{url}/_upstream", json=settings, timeout=5).raise_for_status()

    def answer_realistically(self, *, replay: bool = True) -> None:
        """Set the response times to what they are on AWS."""
        self.answer_in(DYNAMODB_SECONDS, SALESFORCE_SECONDS, replay=replay)

    def counted(self) -> dict[str, int]:
        """Return the number of requests since the response times were set, by operation or path."""
        answers = [
            requests.get(f"{url}/_upstream", timeout=5).json()
            for url in (self.aws, self.salesforce)
        ]
        return {name: count for each in answers for name, count in each["requests"].items()}

    def trips(self) -> dict[str, float]:
        """Measure the median milliseconds of a round trip with the least possible client."""
        return {
            "DynamoDB": _trip(self.aws),
            "DynamoDB, after a pause": _trip(self.aws, PAUSE_SECONDS),
            "Salesforce": _trip(self.salesforce),
        }

    def access_token(self) -> str:
        """Log in to Salesforce, as the caller of the API does."""
        form = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
        form["grant_type"] = "client_credentials"
        url = f"{self.simulator}/services/oauth2/token"
        token: str = requests.post(url, data=form, timeout=5).json()["access_token"]
        return token

    def expire_tokens(self) -> None:
        """Let all access tokens expire, also those that functions share."""
        url = f"{self.simulator}/_simulator/tokens/expire"
        requests.post(url, timeout=5).raise_for_status()


def _trip(url: str, pause: float = 0.0, times: int = 30) -> float:
    with closing(HTTPConnection(urlsplit(url).netloc)) as connection:
        taken = []
        for _ in range(times):
            time.sleep(pause)
            started = time.perf_counter()
            connection.request("GET", "/_upstream/trip")
            connection.getresponse().read()
            taken.append((time.perf_counter() - started) * 1000)
    return median(taken)


@contextmanager
def running() -> Iterator[World]:
    """Run all services, each in a process of its own, while the block runs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        certificate = self_signed(folder)
        # As long as in reality: reading it is part of every cold start.
        (folder / "trusted.pem").write_text(certifi.contents() + certificate.read_text())

        def start(log: str, module: str, *arguments: str) -> str:
            return stack.enter_context(Child(folder / log, module, *arguments)).url()

        def proxy(log: str, url: str) -> str:
            return start(log, "tests.benchmarks.upstream", url, str(certificate))

        aws = start("aws.log", "local_stack.aws")
        simulator = start("salesforce.log", "local_stack.salesforce", "--port", "0")
        _fill(aws)
        yield World(
            proxy("to-aws.log", aws), proxy("to-salesforce.log", simulator), simulator, folder
        )


def _fill(aws: str) -> None:
    session = boto3.Session("testing", "testing", region_name="eu-central-1")
    secret = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    secrets = session.client("secretsmanager", endpoint_url=aws)
    secrets.create_secret(Name="salesforce", SecretString=secret)
    secrets.create_secret(Name="number-key", SecretString="the key of the hashes")
    dynamodb = session.client("dynamodb", endpoint_url=aws)
    plan = read_plan(ROOT / "dialplans" / "demo.yaml")
    for table, seconds in zip(TABLES, (0, 3600), strict=True):
        sam.create_table(dynamodb, sam.load(), table)
        freshness = {"record": seconds, "agent": seconds, "stale_if_error": 8 * 3600}
        document = {**plan.document, "freshness": freshness}
        PlanStore(dynamodb, table).publish(
            document, plan.source.text, author="bench", comment="", replaces=None
        )
        mapping = {"number": {"S": "498999998100"}, "name": {"S": "Customer hotline"}}
        key = {"pk": {"S": "country"}, "sk": {"S": "DE"}}  # what the naive handler reads
        dynamodb.put_item(TableName=table, Item=key | mapping)
