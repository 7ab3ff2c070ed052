"""Fakes of the ports, no larger than the tests of the service need."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan, load
from click_to_dial.errors import ClickToDialError, DynamoDBError, RunLostError, SalesforceError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import (
    MAX_SECONDS_AHEAD,
    NOT_FOUND_SECONDS,
    CachedFacts,
    ListRun,
    Origins,
    SalesforceRequest,
    SalesforceResult,
    SeenEntries,
    StoredItem,
    StoredRun,
)
from click_to_dial.salesforce_id import STANDARD_OBJECTS

DOCUMENT: Mapping[str, Any] = {
    "version": 1,
    "home_region": "DE",
    "without_record": "refuse",
    "service_numbers": {
        "hotline": {"number": "4989461495000", "name": "Customer hotline"},
        "hotline-at": {"number": "431265030", "name": "Hotline Austria"},
    },
    "mappings": {
        "by-country": {"entries": {"DE": "hotline", "AT": "hotline-at"}, "default": "hotline"},
        "by-brand": {"entries": {"Alpha": "hotline-at"}, "default": None},
    },
    "objects": {
        "Account": {"kind": "Type", "country": "BillingCountryCode"},
        "Contact": {"kind": "Account.Type", "do_not_call": "DoNotCall"},
    },
    "agents": {"match": "CommunityNickname", "attributes": {"extension": "Extension"}},
    "rules": [
        {
            "id": "opted-out",
            "when": {"record.do_not_call": True},
            "refuse": "The contact does not want to be called.",
        },
        {
            "id": "suppliers",
            "when": {"record.kind": ["Supplier", "Vendor"]},
            "signal": {"agent": "extension", "prefix": "498946149", "name": "Direct line"},
            "otherwise": {"signal": {"number": "hotline"}},
        },
        {
            "id": "customers",
            "when": {"record.kind": "Customer"},
            "signal": {"mapping": "by-country", "key": "record.country"},
        },
        {"id": "everyone-else", "when": {}, "signal": {"number": "hotline"}},
    ],
    "outage": {"refuse": "Salesforce cannot be reached. Please dial again in a minute."},
    "freshness": {"record": 0, "agent": 3600, "stale_if_error": 28800},
}


def plan(**changes: Any) -> DialPlan:
    """Return the plan of DOCUMENT with some keys replaced."""
    return load({**DOCUMENT, **changes}, version=7)


class Clock:
    """A clock that moves only when `advance` is called."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class FakePlans:
    plan: DialPlan
    error: Exception | None = None
    failure: ClickToDialError | None = None

    def get(self, deadline: Deadline) -> DialPlan:
        if self.error:
            raise self.error
        return self.plan


class FakeFacts:
    """A facts cache in memory; if `broken`, DynamoDB does not answer."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.broken = False
        self.writes = 0
        self.items: dict[str, StoredItem] = {}
        self._kept: dict[str, tuple[Any, Any, float]] = {}  # key -> value, shape, when asked

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        if self.broken:
            raise DynamoDBError("broken")
        record, record_age = self._fresh(plan, f"record {record_id}")
        agent, agent_age = self._fresh(plan, f"agent {plan.agent_key(agent_uid)}")
        name, _ = self._fresh(plan, f"object {record_id and record_id[:3]}")
        items: dict[str, StoredItem | None] = {
            key: self.items[key] for key in others if key in self.items
        }
        return CachedFacts(record, record_age, agent, agent_age, name, items)

    def write(
        self,
        plan: DialPlan,
        record_id: str | None,
        agent_uid: str,
        result: SalesforceResult,
        asked_at: float,
    ) -> None:
        if self.broken:
            raise DynamoDBError("broken")
        self.writes += 1
        if isinstance(result.record, Record):
            self._keep(plan, f"record {record_id}", result.record, asked_at)
            if result.record.object_name and str(record_id)[:3] not in STANDARD_OBJECTS:
                key = f"object {str(record_id)[:3]}"
                self._keep(plan, key, result.record.object_name, asked_at)
        if isinstance(result.agent, Agent):
            self._keep(plan, f"agent {plan.agent_key(agent_uid)}", result.agent, asked_at)

    def _keep(self, plan: DialPlan, key: str, value: Record | Agent | str, asked_at: float) -> None:
        kept_at = self._kept[key][2] if key in self._kept else 0.0
        if kept_at <= asked_at or kept_at > self.clock() + MAX_SECONDS_AHEAD:
            self._kept[key] = (value, _shape(plan, value), asked_at)

    def _fresh(self, plan: DialPlan, key: str) -> tuple[Any, float]:
        value, shape, asked_at = self._kept.get(key, (None, None, 0.0))
        if value is None or shape != _shape(plan, value):
            return None, 0.0
        if isinstance(value, Record) and value.object_name is not None:
            value = value._replace(object_name=plan.object_fields(value.object_name)[0])
        age = self.clock() - asked_at
        if -MAX_SECONDS_AHEAD <= age < _longest(plan, value, asked_at):
            return value, max(0.0, age)
        return None, 0.0


class ChangedClient:
    """A client of boto3 in which some operations are replaced."""

    def __init__(self, client: Any, **operations: Callable[..., Any]) -> None:
        self._client = client
        self._operations = operations

    def __getattr__(self, name: str) -> Any:
        return self._operations.get(name) or getattr(self._client, name)


@dataclass
class FakeAttempts:
    """Attempts in the items of a facts cache."""

    items: dict[str, StoredItem]
    error: Exception | None = None
    writes: int = 0

    def read(self, key: str) -> StoredItem | None:
        return self.items.get(key)

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        if self.error:
            raise self.error
        if self.items.get(key) != before:
            return False
        self.items[key] = after
        self.writes += 1
        return True


def _shape(plan: DialPlan, value: Record | Agent | str) -> Any:
    if isinstance(value, str):
        return None
    if isinstance(value, Record):
        name, fields = plan.object_fields(value.object_name or "")
        numbers = plan.numbers.get(name)
        shape = {attribute: field.lower() for attribute, field in fields.items()}
        return shape, numbers, plan.numbering if numbers else None
    return plan.agent_match, plan.agent_attributes


def _longest(plan: DialPlan, value: Record | Agent | str, asked_at: float) -> float:
    """Return the seconds for which a value is kept."""
    if isinstance(value, str):
        return math.inf
    stale = plan.freshness.stale_if_error
    if isinstance(value, Agent):
        return max(plan.freshness.agent, stale) if value.known else NOT_FOUND_SECONDS
    longest = max(plan.freshness.record, stale) if value.found else NOT_FOUND_SECONDS
    return longest if value.valid_until is None else min(longest, value.valid_until - asked_at)


@dataclass
class FakeSalesforce:
    """A Salesforce with one record and one agent, or one that fails with `error`."""

    record: Record | SalesforceError = field(
        default_factory=lambda: Record(True, "Account", {"kind": "Customer", "country": "AT"})
    )
    agent: Agent | SalesforceError = field(
        default_factory=lambda: Agent(True, {"extension": "217"})
    )
    error: Exception | None = None
    requests: list[SalesforceRequest] = field(default_factory=list)

    def prepare(self, deadline: Deadline) -> None:
        pass

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        self.requests.append(request)
        if self.error:
            raise self.error
        return SalesforceResult(
            record=None if request.record_id is None else self.record,
            agent=None if request.agent_uid is None else self.agent,
        )


@dataclass
class FakeEntry:
    """An entry of a list: the last run and page that saw it, and the last completed run."""

    run: int
    page: int
    kept: int
    origin: Mapping[str, str]


class FakeListRuns:
    """The runs and the entries of lists in memory. `before_write` is called before each entry."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredRun] = {}
        self.entries: dict[str, FakeEntry] = {}
        self.before_write: Callable[[], None] = lambda: None

    def read(self, name: str) -> StoredRun | None:
        return self.stored.get(name)

    def write(
        self, name: str, run: ListRun, before: StoredRun | None, lease_until: float
    ) -> StoredRun:
        revision = self.stored[name].revision if name in self.stored else None
        if revision != (None if before is None else before.revision):
            raise RunLostError("Another run of the list has begun.")
        self.stored[name] = StoredRun(run, (revision or 0) + 1, lease_until)
        return self.stored[name]

    def see(self, run: ListRun, origins: Origins) -> SeenEntries:
        new = kept = 0
        for key, origin in origins.items():
            self.before_write()
            entry = self.entries.get(key) or FakeEntry(0, 0, 0, origin)
            if entry.run > run.number:
                raise RunLostError("A later run of the list has seen an entry already.")
            is_new = entry.run < run.number or entry.page == run.pages
            if entry.run < run.number:
                last = entry.run if entry.run == run.last_completed else entry.kept
                entry = self.entries[key] = FakeEntry(run.number, run.pages, last, origin)
            new += is_new
            kept += is_new and entry.kept == run.last_completed > 0
        return SeenEntries(new, kept)

    def count_seen(self, run_number: int, keys: Sequence[str]) -> int:
        entries = [self.entries[key] for key in keys if key in self.entries]
        return sum(run_number > 0 and run_number in (each.run, each.kept) for each in entries)

    def delete_older(self, name: str, run_number: int) -> int:
        prefix = f"list#{name}#"
        older = [
            key
            for key, entry in self.entries.items()
            if key.startswith(prefix) and entry.run < run_number
        ]
        for key in older:
            del self.entries[key]
        return len(older)

    def items(self, keys: Sequence[str]) -> dict[str, StoredItem | None]:
        """Return the entries as a decision reads them."""
        return {
            key: StoredItem("", None, self.entries[key].run) for key in keys if key in self.entries
        }
