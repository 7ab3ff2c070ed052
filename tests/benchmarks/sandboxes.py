"""Requests per item and per second of many sandboxes, counted in simulated time.

    python -m tests.benchmarks.sandboxes

Each sandbox is the real service with its real adapters. Only time, and Salesforce behind the HTTP
session, are simulated. All sandboxes start at the same moment, which is the worst case. Then each
gets a click every 10 s. Then Salesforce revokes the access token and all get a click at the same
moment. At last another plan is published, and each gets a click within 10 s.
"""

import heapq
import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from io import BytesIO
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import unquote

import requests
import urllib3
from moto import mock_aws
from requests.adapters import HTTPAdapter

from click_to_dial import aws
from click_to_dial.deadline import Deadline
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.current_plan import CurrentPlan
from click_to_dial.decision.service import ClickToDial, Request
from click_to_dial.dynamodb import access_token, facts_cache
from click_to_dial.dynamodb.access_token import Login, SharedToken
from click_to_dial.dynamodb.facts_cache import DynamoDBFacts
from click_to_dial.dynamodb.number_lists import DynamoDBAttempts
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.pseudonym import keyed
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.login import log_in
from click_to_dial.salesforce.records import SalesforceRecords
from click_to_dial.salesforce.session import SalesforceSession
from click_to_dial.salesforce_id import to_18
from dialplan_cli.plan.read import read_plan
from local_stack import template as sam
from tests.benchmarks.report import sandbox_rows
from tests.benchmarks.world import DYNAMODB_SECONDS, SALESFORCE_SECONDS
from tests.e2e.sandbox import ROOT

RESULTS = ROOT / "docs" / "benchmarks" / "sandboxes.json"
"""The figures in docs/operations.md, which are the same on every machine."""
SANDBOXES = (10, 100, 1_000)
LOGIN_SECONDS = 0.5
CLICK_EVERY = 10
START, STEADY, REVOKED, PUBLISHED, END = 0, 10, 80, 120, 140
"""Seconds at which the phases begin, and the end of the last."""
PHASES = {"start": (START, STEADY), "steady": (STEADY, 70), "revoked": (REVOKED, PUBLISHED)} | {
    "published": (PUBLISHED, END)
}
URL, TABLE = "https://acme.my.salesforce.com", "click-to-dial"
NAMES = {"plan": "plan", "body": "plan's text", "token": "token"}
"""Items that all sandboxes share, by the beginning of their keys. Other items belong to a record or
an agent."""


class SimulatedClock:
    """Time that passes only while all threads sleep. One thread runs at a time."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleeping: list[tuple[float, int, threading.Event]] = []
        self._order = 0

    def __call__(self) -> float:
        return 1_800_000_000 + self.now

    def sleep(self, seconds: float) -> None:
        """Let other threads run until `seconds` have passed."""
        woken = self._enqueue(self.now + max(0.0, seconds))
        self._wake_next()
        woken.wait()

    def run(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Run each job in a thread of its own until all have ended. Raises their first error."""
        errors: list[BaseException] = []
        ended = threading.Event()
        left = len(jobs)

        def run(job: Callable[[], None], woken: threading.Event) -> None:
            nonlocal left
            woken.wait()
            try:
                job()
            except BaseException as error:
                errors.append(error)
            left -= 1
            self._wake_next()
            if left == 0:
                ended.set()

        for job in jobs:
            threading.Thread(target=run, args=(job, self._enqueue(self.now)), daemon=True).start()
        self._wake_next()
        ended.wait()
        if errors:
            raise errors[0]

    def _enqueue(self, at: float) -> threading.Event:
        woken = threading.Event()
        self._order += 1
        heapq.heappush(self._sleeping, (at, self._order, woken))
        return woken

    def _wake_next(self) -> None:
        if self._sleeping:
            self.now, _, woken = heapq.heappop(self._sleeping)
            woken.set()


class Organisation(HTTPAdapter):
    """Salesforce without a network: answers after its usual time, counts, can revoke tokens."""

    def __init__(self, clock: SimulatedClock) -> None:
        super().__init__()
        self._clock = clock
        self._token = ""
        self.logins = 0
        self.calls: Counter[int] = Counter()

    def revoke(self) -> None:
        self._token = ""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        if str(request.url).endswith("/token"):
            self._clock.sleep(LOGIN_SECONDS)
            self.logins += 1
            self._token = f"token-{self._clock.now}"
            return self._response(request, 200, {"access_token": self._token})
        self.calls[int(self._clock.now)] += 1
        self._clock.sleep(SALESFORCE_SECONDS)
        if request.headers["Authorization"] != f"Bearer {self._token}":
            body = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
            return self._response(request, 401, body)
        parts = json.loads(request.body or "")["compositeRequest"]
        return self._response(request, 200, {"compositeResponse": list(map(self._part, parts))})

    def _part(self, part: Mapping[str, str]) -> Mapping[str, Any]:
        agent = {"Id": "005000000000001", "IsActive": True, "Extension": "217", "Department": "x"}
        soql = unquote(part["url"])
        contact = {
            "Id": soql.rpartition("Id = '")[2].partition("'")[0],
            "Account": {"Type": "Customer"},
            "MailingCountryCode": "DE",
            "DoNotCall": False,
        }
        rows = [agent if part["referenceId"] == "agent" else contact]
        body = {"totalSize": 1, "done": True, "records": rows}
        return {"referenceId": part["referenceId"], "httpStatusCode": 200, "body": body}

    def _response(self, request: Any, status: int, body: Any) -> requests.Response:
        data = BytesIO(json.dumps(body).encode())
        raw = urllib3.HTTPResponse(data, {}, status, preload_content=False)
        return self.build_response(request, raw)


class Counts:
    """Requests to DynamoDB by shared item, kind of access and second."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock
        self.by_second: dict[str, Counter[int]] = {}

    def count(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        """Count the items of a request, and let the time of its answer pass (boto3's hook)."""
        reads = model.name in ("GetItem", "BatchGetItem", "Query", "Scan")
        for key in _keys(params):
            name = NAMES.get(key.partition("#")[0], "facts")
            seconds = self.by_second.setdefault(f"{name} {'read' if reads else 'write'}", Counter())
            seconds[int(self._clock.now)] += 1
        self._clock.sleep(DYNAMODB_SECONDS)


def _keys(params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the partition keys of the items that a request reads or writes."""
    if "Key" in params:
        yield params["Key"]["pk"]["S"]
    for table in params.get("RequestItems", {}).values():
        for key in table["Keys"]:
            yield key["pk"]["S"]


def measure(numbers: Sequence[int] = SANDBOXES) -> dict[str, Any]:
    """Return for each number of sandboxes the requests in the busiest second of each phase."""
    return {str(number): _measure(number) for number in numbers}


def _measure(number: int) -> dict[str, Any]:
    clock = SimulatedClock()
    organisation, counts = Organisation(clock), Counts(clock)
    answered: list[float] = []
    with _simulated(clock) as dynamodb:
        store = PlanStore(dynamodb, TABLE)
        plan = read_plan(ROOT / "dialplans" / "demo.yaml")

        def publish() -> None:
            active = store.active()
            replaces = active.version if active else None
            store.publish(plan.document, "", author="", comment="", replaces=replaces)

        publish()
        _tokens(dynamodb, organisation, clock).get(Deadline(1))
        organisation.logins = 0
        dynamodb.meta.events.register("provide-client-params.dynamodb", counts.count)

        def administrate() -> None:
            clock.sleep(REVOKED - 1)
            organisation.revoke()
            clock.sleep(PUBLISHED - REVOKED)
            dynamodb.meta.events.unregister("provide-client-params.dynamodb", counts.count)
            publish()
            dynamodb.meta.events.register("provide-client-params.dynamodb", counts.count)

        sandboxes = [
            partial(_sandbox, dynamodb, organisation, clock, index / number, answered)
            for index in range(number)
        ]
        clock.now = 0.0
        clock.run([*sandboxes, administrate])
    return {
        "logins": organisation.logins,
        "revoked_seconds": round(max(at for at in answered if at < PUBLISHED) - REVOKED, 2),
        "requests": {
            "Salesforce": _busiest(organisation.calls),
            **{name: _busiest(seconds) for name, seconds in sorted(counts.by_second.items())},
        },
    }


def _busiest(by_second: Counter[int]) -> dict[str, int]:
    """Return the number of requests in the busiest second of each phase."""
    return {
        phase: max(by_second[second] for second in range(start, end))
        for phase, (start, end) in PHASES.items()
    }


@contextmanager
def _simulated(clock: SimulatedClock) -> Iterator[aws.AwsClient]:
    """Replace time and threads of the adapters; return a client for a table without a network."""
    with ExitStack() as stack:
        stack.enter_context(patch.dict(os.environ, sam.aws_at("")))
        del os.environ["AWS_ENDPOINT_URL"]
        stack.enter_context(mock_aws())
        slept = SimpleNamespace(sleep=clock.sleep, time=clock)
        for module in (access_token, facts_cache):
            stack.enter_context(patch.object(module, "time", slept))
        stack.enter_context(patch.object(Deadline, "remaining", lambda _: 3600.0))
        stack.enter_context(patch.object(Deadline, "run", lambda _, work, at_most=None: work()))
        in_turn = lambda jobs: [job() for job in jobs]  # noqa: E731
        stack.enter_context(patch.object(facts_cache, "run_together", in_turn))
        dynamodb = aws.dynamodb_client()
        sam.create_table(dynamodb, sam.load(), TABLE)
        yield dynamodb


def _tokens(
    dynamodb: aws.AwsClient, organisation: Organisation, clock: SimulatedClock
) -> SharedToken:
    session = _session(organisation, clock)
    secret = json.dumps({"client_id": "id", "client_secret": "secret"})
    login = Login(partial(log_in, session, lambda: secret), 2.5)
    return SharedToken(dynamodb, TABLE, "acme", login, clock)


def _session(organisation: Organisation, clock: SimulatedClock) -> SalesforceSession:
    session = SalesforceSession(URL, monotonic=clock)
    session.mount("https://", organisation)
    return session


def _sandbox(
    dynamodb: aws.AwsClient,
    organisation: Organisation,
    clock: SimulatedClock,
    share: float,
    answered: list[float],
) -> None:
    """Decide the clicks of one sandbox. `share`, from 0 to 1, is its place among all."""
    tokens = _tokens(dynamodb, organisation, clock)
    client = SalesforceClient(_session(organisation, clock), "66.0", tokens)
    service = ClickToDial(
        plans=CurrentPlan(PlanStore(dynamodb, TABLE), clock),
        cache=DynamoDBFacts(dynamodb, TABLE, "acme", clock),
        salesforce=SalesforceRecords(client, clock),
        breaker=CircuitBreaker(clock),
        attempts=DynamoDBAttempts(dynamodb, TABLE),
        pseudonym=keyed("any"),
        time_budget=2.5,
        clock=clock,
    )
    steady = [at + CLICK_EVERY * share for at in range(STEADY, 70, CLICK_EVERY)]
    clicks = [START, *steady, REVOKED, PUBLISHED + CLICK_EVERY * share]
    for index, at in enumerate(clicks):
        clock.sleep(at - clock.now)
        record_id = to_18(f"003{int(share * 10_000):06}{index:06}")
        report = service.decide(Request(record_id, "498999998411", f"agent-{share}"))
        assert report.decision is not None
        assert report.decision.service_number is not None, report
        answered.append(clock.now)


def main() -> None:
    """Print the figures, and write them to RESULTS."""
    found = measure()
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    for row in sandbox_rows(found):
        print(*row, sep="  ")


if __name__ == "__main__":
    main()
