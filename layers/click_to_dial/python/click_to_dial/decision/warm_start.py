"""Work that a sandbox does before its first event, with and without SnapStart.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html
"""

import codecs
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.decision.circuit_breaker import CircuitBreaker
from click_to_dial.decision.service import ClickToDial
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import ClickToDialError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import CachedFacts, SalesforceRequest, SalesforceResult, StoredItem
from click_to_dial.pseudonym import keyed

try:
    from snapshot_restore_py import register_after_restore, register_before_snapshot
except ImportError:  # only Lambda's runtime has it
    register_after_restore = register_before_snapshot = lambda hook: hook

PLAN: Mapping[str, Any] = {
    "version": 1,
    "home_region": "DE",
    "without_record": "refuse",
    "service_numbers": {"hotline": {"number": "498999998100", "name": "Hotline"}},
    "mappings": {"by-country": {"entries": {"DE": "hotline"}, "default": "hotline"}},
    "objects": {"Contact": {"kind": "Account.Type", "country": "MailingCountryCode"}},
    "agents": {"match": "CommunityNickname", "attributes": {"extension": "Extension"}},
    "rules": [
        {"id": "emergency", "when": {"callee.kind": "emergency"}, "signal": {"number": "hotline"}},
        {"id": "no-agent", "when": {"agent.known": False}, "refuse": "Unknown."},
        {
            "id": "customers",
            "when": {"record.kind": ["Customer"], "callee.number": {"prefix": "+49"}},
            "signal": {"mapping": "by-country", "key": "record.country"},
        },
        {"id": "others", "when": {}, "refuse": "No customer."},
    ],
    "outage": {"refuse": "Later."},
    "freshness": {"record": 0, "agent": 3600, "stale_if_error": 3600},
}
"""The dial plan of the decision that is made before the snapshot."""

EVENT: Mapping[str, Any] = {
    "httpMethod": "GET",
    "resource": "/jtelACD/onClickToDial",
    "multiValueQueryStringParameters": {
        "SalesForceID": ["0030C0000000001"],
        "CallerID": ["+4989123456"],
        "AgentUID": ["agent"],
    },
}


def start(build: Callable[[], ClickToDial], *, from_snapshot: bool) -> None:
    """Build the service (`build` caches it) and start what its first decision waits for.

    With SnapStart, everything that needs no I/O happens before the snapshot: imports, AWS clients,
    and one decision in memory. The service does nothing until the restore. So its connections,
    credentials, token, circuit breaker and the age of its plan are not those of the snapshot.
    """

    def before_snapshot() -> None:
        build()
        rehearse()
        codecs.lookup("idna")  # the first connection imports it

    def after_restore() -> None:
        build().prepare()

    if from_snapshot:
        register_before_snapshot(before_snapshot)
        register_after_restore(after_restore)
        return
    with suppress(KeyError):  # a setting is missing; each event will report it
        build().prepare()


def rehearse() -> Mapping[str, Any]:
    """Answer EVENT without I/O, log and metrics, so that all modules and caches are loaded."""
    from click_to_dial.decision import api

    world = _World()
    service = ClickToDial(
        plans=world,
        cache=world,
        salesforce=world,
        breaker=CircuitBreaker(),
        attempts=world,
        pseudonym=keyed("rehearsal"),
        time_budget=5.0,
    )
    return api.answer(service.decide(api.read_request(EVENT)))


class _World:
    """All ports in one: PLAN, an empty cache, a customer and an agent."""

    failure: ClickToDialError | None = None

    def get(self, _: Deadline) -> DialPlan:
        return load(PLAN, {}, 0)

    def read(self, *_: object) -> Any:
        return CachedFacts()

    def write(self, *_: object) -> None:
        pass

    def replace(self, _: str, __: StoredItem | None, ___: StoredItem) -> bool:
        return True

    def prepare(self, _: Deadline) -> None:
        pass

    def fetch(self, _: DialPlan, __: SalesforceRequest, ___: Deadline) -> SalesforceResult:
        record = Record(True, "Contact", {"kind": "Customer", "country": "DE"})
        return SalesforceResult(record, Agent(True, {"extension": "42"}))
