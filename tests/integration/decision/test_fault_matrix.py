"""Every failure of Salesforce, with facts that are fresh, stale or absent: what the caller gets.

The real handler on moto's table and the simulator. Whatever happens, the answer is there within the
time budget and 100 ms, and one log line tells of it, without a traceback.
"""

import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from click_to_dial.deadline import Deadline
from click_to_dial.decision import wiring as bootstrap
from click_to_dial.decision.circuit_breaker import OPEN_SECONDS
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.model import Agent, Record
from click_to_dial.observability import logger
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from functions.on_click_to_dial.handler import lambda_handler
from local_stack.salesforce import Simulator
from tests.fakes import DOCUMENT
from tests.integration.salesforce import test_records

ACCOUNT, ORG = test_records.ACCOUNT, test_records.ORG
BUDGET = 1.0
TOLERANCE = 0.1
FRESH = {"record": 3600, "agent": 3600, "stale_if_error": 28800}
STALE = {"record": 0, "agent": 0, "stale_if_error": 28800}
OBJECTS = {"Account": {"kind": "Type", "country": "BillingCountryCode"}}
CONTEXT = SimpleNamespace(
    function_name="on_click_to_dial",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn",
    aws_request_id="request",
)


@dataclass
class System:
    """The application on this machine; `log` has the output of the function."""

    salesforce: Simulator
    plans: PlanStore
    log: io.StringIO
    environ: pytest.MonkeyPatch

    def publish(self, freshness: dict[str, int]) -> None:
        active = self.plans.active()
        rules = [
            {"id": "ours", "when": {"record.kind": "Kunde"}, "signal": {"number": "hotline"}},
            {"id": "others", "when": {}, "refuse": "Not a customer."},
        ]
        document = {**DOCUMENT, "objects": OBJECTS, "rules": rules, "freshness": freshness}
        replaces = active.version if active else None
        self.plans.publish(document, "", author="test", comment="", replaces=replaces)
        bootstrap.click_to_dial.cache_clear()

    def point_to(self, url: str) -> None:
        self.environ.setenv("SALESFORCE_URL", url)
        bootstrap.click_to_dial.cache_clear()

    def click(self) -> tuple[int, dict[str, Any]]:
        event = {
            "httpMethod": "GET",
            "resource": "/jtelACD/onClickToDial",
            "multiValueQueryStringParameters": {
                "SalesForceID": [ACCOUNT],
                "CallerID": ["+4989461495"],
                "AgentUID": ["jdoe"],
            },
        }
        response = lambda_handler(event, CONTEXT)
        return response["statusCode"], json.loads(response["body"])

    def warm_up(self) -> None:
        """Log in and open a connection by a request for another record."""
        salesforce = bootstrap.click_to_dial().salesforce
        request = SalesforceRequest("0010C0000000009QAA", None)
        salesforce.fetch(bootstrap.click_to_dial().plans.get(Deadline(5)), request, Deadline(5))

    def keep_facts(self) -> None:
        """Cache the facts, as an earlier call would."""
        wired = bootstrap.click_to_dial()
        result = SalesforceResult(Record(True, "Account", {"kind": "Kunde"}), Agent(True))
        wired.cache.write(wired.plans.get(Deadline(5)), ACCOUNT, "jdoe", result, time.time())

    def line(self) -> dict[str, Any]:
        """Return the only log line since the last call."""
        text = self.log.getvalue()
        self.log.seek(0)
        self.log.truncate()
        assert "Traceback" not in text
        (line,) = text.splitlines()
        parsed: dict[str, Any] = json.loads(line)
        return parsed


@pytest.fixture
def system(table: Any, simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    secret = json.dumps(
        {"client_id": simulator.client_id, "client_secret": simulator.client_secret}
    )
    boto3.client("secretsmanager").create_secret(Name=table.name, SecretString=secret)
    for name, value in {
        "TABLE_NAME": table.name,
        "SALESFORCE_URL": simulator.url,
        "SALESFORCE_SECRET_ID": table.name,
        "NUMBER_KEY_SECRET_ID": "local-number-key",
        "SALESFORCE_API_VERSION": "62.0",
        "TIME_BUDGET_MS": str(int(BUDGET * 1000)),
    }.items():
        monkeypatch.setenv(name, value)
    handler = logger.registered_handler
    assert handler is not None
    stream, handler.stream = handler.stream, io.StringIO()  # type: ignore[attr-defined]
    yield System(simulator, PlanStore(table.dynamodb, table.name), handler.stream, monkeypatch)  # type: ignore[attr-defined]
    handler.stream = stream  # type: ignore[attr-defined]
    bootstrap.click_to_dial.cache_clear()


OUTAGE = (403, "Salesforce cannot be reached. Please dial again in a minute.")
ALLOWED = (200, "4989461495000")
NOT_FOUND = (404, "Salesforce has no record")


@dataclass(frozen=True)
class Row:
    """A row of the matrix: a failure, and the answer to a call without cached facts."""

    name: str
    switch_on: Callable[[System, ExitStack], None]
    answer: tuple[int, str]
    reasons: tuple[str, ...] = ()

    @property
    def answer_if_stale(self) -> tuple[int, str]:
        return ALLOWED if self.answer is OUTAGE else self.answer


def fails(kind: str, *reasons: str, answer: tuple[int, str] = OUTAGE, **how: Any) -> Row:
    path = how.pop("path", "composite")
    name = "-".join([kind, *(str(value) for value in how.values())])

    def switch_on(system: System, _: ExitStack) -> None:
        system.salesforce.fail(kind, path=path, **how)

    return Row(name, switch_on, answer, reasons)


def points_to(name: str, reason: str, url: str) -> Row:
    def switch_on(system: System, stack: ExitStack) -> None:
        system.point_to(url.format(port=system.salesforce.url.rpartition(":")[2]))

    return Row(name, switch_on, OUTAGE, (reason,))


def refuse(system: System, stack: ExitStack) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    system.point_to(f"http://127.0.0.1:{port}")


def never_accept(system: System, stack: ExitStack) -> None:
    """Use a listener with a full queue: the kernel drops new connections."""
    full = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
    system.point_to(f"http://127.0.0.1:{full.getsockname()[1]}")


def rotate(system: System, stack: ExitStack) -> None:
    """Change the client secret in Salesforce but not in Secrets Manager."""
    system.salesforce.expire_tokens()
    old = system.salesforce.client_secret
    stack.callback(setattr, system.salesforce, "client_secret", old)
    system.salesforce.client_secret = "another"


MATRIX = [
    fails("expired-token", answer=ALLOWED, times=1),
    fails("expired-token", "new-session-refused"),
    fails("invalid-auth-header", answer=ALLOWED, times=1),
    fails("not-valid-for-rest", "session-not-for-rest"),
    fails("quota", "quota"),
    fails("concurrency", "concurrency"),
    fails("api-unavailable", "api-unavailable"),
    fails("password-expired", "password-expired"),
    fails("api-disabled", "api-disabled"),
    fails("no-access", "no-access"),
    fails("not-found", "no-such-resource"),
    fails("version-retired", "version-retired"),
    fails("lock-row", answer=ALLOWED, times=1),
    fails("lock-row", "locked-row"),
    fails("query-timeout", "query-timeout"),
    fails("server-error-json", "server-error"),
    fails("server-error-html", "server-error"),
    fails("unavailable-503", answer=ALLOWED, times=1),
    fails("unavailable-503", "unavailable"),
    fails("unavailable-html", "unavailable"),
    fails("login-page-200", "not-json"),
    fails("empty", "not-json"),
    fails("truncated", "truncated"),
    fails("wrong-types", "wrong-types"),
    fails("redirect", "redirect", location="https://evil.test/"),
    fails("reset", answer=ALLOWED, times=1),
    fails("reset", "reset"),
    fails("close", answer=ALLOWED, times=1),
    fails("reset-kept-alive", answer=ALLOWED),
    fails("delay", answer=ALLOWED, seconds=0.1),
    fails("delay", "out-of-time", "read-timeout", seconds=2.0),
    fails("hang", "out-of-time", "read-timeout"),
    fails("drip", "out-of-time", seconds=3.0),
    fails("subrequest-record", "invalid-field", error="invalid-field"),
    fails("subrequest-record", "invalid-object", error="invalid-object"),
    fails("subrequest-record", answer=NOT_FOUND, error="malformed-id"),
    fails("subrequest-record", answer=NOT_FOUND, error="not-found"),
    fails("subrequest-agent", "server-error", answer=ALLOWED, error="server-error-json"),
    fails("subrequest-agent", "invalid-field", answer=ALLOWED, error="invalid-field"),
    points_to("dns", "dns", "http://no-such-host.invalid"),
    points_to("tls", "tls", "https://127.0.0.1:{port}"),
    Row("refused", refuse, OUTAGE, ("refused",)),
    Row("connect-timeout", never_accept, OUTAGE, ("connect-timeout", "out-of-time")),
    Row("login-refused", rotate, OUTAGE, ("login-invalid-client",)),
]


def ids(row: Row) -> str:
    return row.name + ("-" + row.reasons[0] if row.reasons else "")


def check(system: System, answer: tuple[int, str], *, facts: str, row: Row) -> None:
    started = time.monotonic()
    status, body = system.click()
    took = time.monotonic() - started
    line = system.line()
    assert (status, answer[1] in (body.get("ServiceNumber") or body["detail"])) == (answer[0], True)
    assert took < BUDGET + TOLERANCE
    assert line["record_from"] == facts
    assert set(line["salesforce_failures"]) <= set(row.reasons)
    assert bool(line["salesforce_failures"]) is (bool(row.reasons) and facts != "cached")


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_without_cached_facts(system: System, row: Row) -> None:
    system.publish(STALE)
    system.warm_up()
    with ExitStack() as stack:
        row.switch_on(system, stack)
        facts = "unknown" if row.answer is OUTAGE else "salesforce"
        check(system, row.answer, facts=facts, row=row)


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_with_stale_facts(system: System, row: Row) -> None:
    system.publish(STALE)
    system.warm_up()
    with ExitStack() as stack:
        row.switch_on(system, stack)
        system.keep_facts()
        facts = "stale" if row.answer is OUTAGE else "salesforce"
        check(system, row.answer_if_stale, facts=facts, row=row)


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_with_fresh_facts_salesforce_is_not_asked(system: System, row: Row) -> None:
    system.publish(FRESH)
    with ExitStack() as stack:
        row.switch_on(system, stack)
        system.keep_facts()
        check(system, ALLOWED, facts="cached", row=row)
    assert system.salesforce.requests == {}


def test_a_sandbox_recovers_within_seconds(system: System) -> None:
    system.publish(STALE)
    system.warm_up()
    system.salesforce.fail("unavailable-503", path="composite")
    assert [system.click()[0] for _ in range(3)] == [403, 403, 403]
    started = time.monotonic()
    system.salesforce.heal()
    while system.click()[0] != HTTPStatus.OK:
        time.sleep(0.1)
    assert time.monotonic() - started < OPEN_SECONDS + 1


def test_an_unreadable_token_is_replaced_counted_and_logged(system: System, table: Any) -> None:
    system.publish(STALE)
    system.warm_up()
    (key,) = (
        {name: item[name] for name in ("pk", "sk")}
        for item in table.boto3.scan(TableName=table.name)["Items"]
        if item["pk"]["S"].startswith("token#")
    )
    token = {"S": "a\r\nX-Evil: 1"}
    table.boto3.put_item(TableName=table.name, Item={**key, "token": token})
    bootstrap.click_to_dial.cache_clear()
    assert system.click()[0] == HTTPStatus.OK
    line = system.line()
    assert line["cache_failed"] is True
    assert [failure["error"] for failure in line["failures"]] == ["UnreadableItemError"]
