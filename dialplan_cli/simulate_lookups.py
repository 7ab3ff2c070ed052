"""Look up the facts of many calls at once, each record, agent and number only once.

A decision asks Salesforce for one record and one agent. Here one request asks for up to a thousand
records, with the fields of several plans, and the decisions then find the rows in memory.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import NamedTuple, TypeVar

from click_to_dial.deadline import Deadline
from click_to_dial.decision.number_lookups import keys
from click_to_dial.decision.service import ClickToDial, Request, to_click
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    BadParameterError,
    DynamoDBError,
    OutOfTimeError,
    SalesforceError,
    SalesforceUnavailableError,
)
from click_to_dial.model import Agent, Record
from click_to_dial.ports import (
    CachedFacts,
    SalesforceRequest,
    SalesforceResult,
    StoredItem,
)
from click_to_dial.salesforce.client import QueryResult, SalesforceClient
from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce.failures import InvalidIdError, wrong_types
from click_to_dial.salesforce.queries import (
    agent_query,
    consents_query,
    object_query,
    records_query,
)
from click_to_dial.salesforce.results import agent_from, object_name, record_from, value_at
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix, to_18
from dialplan_cli.explain import to_request
from dialplan_cli.targets import Target

T = TypeVar("T")

ROWS_PER_QUERY = 200
"""Salesforce returns at least so many rows at once, and the URL of the query stays below 16 KB."""

QUERIES_PER_REQUEST = 5
"""Maximum number of queries in a composite request."""

CONCURRENCY = 8
"""Requests at a time. Salesforce takes 25 long requests, and the agents need some of them."""

REQUEST_SECONDS = 30.0

ITEMS_PER_READ = 99
"""DynamoDB returns 100 items at once. One of them is the agent that `FactsCache` always reads."""

MAX_READS = 5
"""Maximum number of times that items are requested which DynamoDB leaves unprocessed."""


class KnownFacts(NamedTuple):
    """The port `Salesforce` for facts that are in memory, and items of the table.

    `result` returns record and agent, `items` those items of the table that have the given keys.
    """

    result: Callable[[DialPlan, SalesforceRequest], SalesforceResult]
    items: Callable[[Sequence[str]], CachedFacts]

    def prepare(self, deadline: Deadline) -> None:
        """Do nothing: there is no connection."""

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Return record and agent."""
        return self.result(plan, request)


class FetchedRows(NamedTuple):
    """The rows of Salesforce that were fetched for many calls, or their errors.

    `objects` are by key prefix, `records` by id, `consents` by the id of the person, `agents` by
    the field that is matched and the AgentUID. `now` is the time in seconds since 1970.
    """

    objects: Mapping[str, str | Record | SalesforceError]
    records: Mapping[str, QueryResult]
    consents: Mapping[str, QueryResult]
    agents: Mapping[tuple[str, str], QueryResult]
    now: float

    def result(self, plan: DialPlan, request: SalesforceRequest) -> SalesforceResult:
        """Return record and agent with the attributes of the plan."""
        agent: Agent | SalesforceError | None = None
        if request.agent_uid is not None:
            agent = agent_from(plan, {"agent": self.agents[plan.agent_match, request.agent_uid]})
        if request.record_id is None:
            return SalesforceResult(None, agent, calls=0)
        name = self.objects[key_prefix(request.record_id)]
        if not isinstance(name, str):
            return SalesforceResult(name, agent, calls=0)
        rows = self.records[request.record_id]
        consents = self.consents.get(_person_of(plan, name, rows) or "", [])
        results = {"record": rows, CONSENT: consents}
        return SalesforceResult(record_from(plan, request, name, results, self.now), agent, calls=0)


class Batch(NamedTuple):
    """Keys, such as record ids, and the function that returns the query for their rows."""

    keys: Sequence[str]
    query: Callable[[Sequence[str]], str]


class BulkQueries:
    """Queries in composite requests, several at a time. `api_calls` counts the requests."""

    def __init__(self, client: SalesforceClient) -> None:
        self._client = client
        self._failure: SalesforceError | None = None
        self.api_calls = 0
        try:
            client.prepare(Deadline(REQUEST_SECONDS))
        except (SalesforceError, OutOfTimeError) as error:
            self._failure = _as_salesforce_error(error)

    def run(self, queries: Sequence[str]) -> list[QueryResult]:
        """Return the rows, or the error, of each query, which is quoted for a URL."""
        if self._failure is not None:
            return [self._failure for _ in queries]

        def send(some: Sequence[str]) -> list[QueryResult]:
            by_reference = {f"query{index}": query for index, query in enumerate(some)}
            try:
                found = self._client.query_together(by_reference, Deadline(REQUEST_SECONDS))
            except (SalesforceError, OutOfTimeError) as error:
                return [_as_salesforce_error(error) for _ in some]
            return [found[reference] for reference in by_reference]

        requests = _chunks(queries, QUERIES_PER_REQUEST)
        self.api_calls += len(requests)
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return [result for results in pool.map(send, requests) for result in results]

    def fetch(self, batches: Sequence[Batch], column: str) -> dict[str, QueryResult]:
        """Return the rows, or the error, of each key. `column` contains the key of a row.

        If a query of several keys fails because of one of them, or has more rows than Salesforce
        returns at once, each key is asked for alone.
        """
        found: dict[str, QueryResult] = {}
        alone: list[Batch] = []
        results = self.run([batch.query(batch.keys) for batch in batches])
        for batch, rows in zip(batches, results, strict=True):
            if isinstance(rows, list):
                found |= _rows_by_key(rows, batch.keys, column)
            elif len(batch.keys) > 1 and (
                isinstance(rows, InvalidIdError) or rows.reason == "more-rows"
            ):
                alone += [Batch([key], batch.query) for key in batch.keys]
            else:
                found |= dict.fromkeys(batch.keys, rows)
        return found | self.fetch(alone, column) if alone else found


class LookedUp(NamedTuple):
    """The facts of many calls, and the number of API calls to Salesforce that they took."""

    facts: KnownFacts
    api_calls: int


def look_up(
    target: Target,
    plans: Sequence[DialPlan],
    parameters: Iterable[tuple[str, str, str]],
    now: float,
) -> LookedUp:
    """Look up what decisions by the plans can need. What could not be looked up is an error in it.

    `parameters` are SalesForceID, CallerID and AgentUID of each call, `now` is the time in seconds
    since 1970. Malformed calls are skipped: their decision ends before it needs facts.
    """
    requests: list[Request] = []
    for each in parameters:
        with suppress(BadParameterError):
            requests.append(to_request(*each))
    bulk = BulkQueries(target.organisation)
    rows = fetch_rows(bulk, plans, requests, now)
    items = fetch_items(target.service, plans, requests)
    return LookedUp(KnownFacts(rows.result, items), bulk.api_calls)


def fetch_rows(
    bulk: BulkQueries, plans: Sequence[DialPlan], requests: Sequence[Request], now: float
) -> FetchedRows:
    """Fetch the records, agents and consents that decisions by any of the plans can need.

    `now` is the time of the decisions in seconds since 1970.
    """
    union = union_of(plans)
    ids: dict[str, list[str]] = {}
    for record_id in dict.fromkeys(each.record_id for each in requests if each.record_id):
        ids.setdefault(key_prefix(record_id), []).append(record_id)
    objects: dict[str, str | Record | SalesforceError] = {**STANDARD_OBJECTS}
    custom = [prefix for prefix in ids if prefix not in objects]
    found = bulk.run([object_query(prefix) for prefix in custom])
    for prefix, rows in zip(custom, found, strict=True):
        objects[prefix] = object_name(union, prefix, rows)
    batches = [
        Batch(chunk, partial(records_query, union, name))
        for prefix in ids
        if isinstance(name := objects[prefix], str)
        for chunk in _chunks(ids[prefix], ROWS_PER_QUERY)
    ]
    records = bulk.fetch(batches, "Id")
    persons = {
        _person_of(plan, str(objects[key_prefix(record_id)]), rows)
        for plan in plans
        for record_id, rows in records.items()
    }
    batches = [
        Batch(chunk, consents_query)
        for chunk in _chunks(sorted(filter(None, persons)), ROWS_PER_QUERY)
    ]
    consents = bulk.fetch(batches, "PartyId")
    logins = dict.fromkeys(each.agent_uid for each in requests if each.agent_uid)
    agents = [(match, uid) for match in {plan.agent_match for plan in plans} for uid in logins]
    queries = [  # one for each agent, because it depends on the field if `=` ignores case
        agent_query(union._replace(agent_match=match), SalesforceRequest(None, uid))
        for match, uid in agents
    ]
    users = dict(zip(agents, bulk.run(queries), strict=True))
    return FetchedRows(objects, records, consents, users, now)


def fetch_items(
    service: ClickToDial, plans: Sequence[DialPlan], requests: Sequence[Request]
) -> Callable[[Sequence[str]], CachedFacts]:
    """Read the entries of lists, and the attempts, that decisions by any of the plans can need.

    Return a function that returns those of some keys.
    """
    wanted: dict[str, None] = {}
    for plan in plans:
        for request in requests if plan.lists or plan.limits else ():
            with suppress(BadParameterError):
                click = to_click(request, plan)
                wanted |= dict.fromkeys(keys(plan, click, service.pseudonym))

    def read(batch: Sequence[str]) -> tuple[Mapping[str, StoredItem | None], DynamoDBError | None]:
        items: dict[str, StoredItem | None] = dict.fromkeys(batch)
        for attempt in range(MAX_READS):
            unread = [key for key in items if items[key] is None]
            try:
                found = service.cache.read(plans[0], None, "", unread).items
            except DynamoDBError as error:
                return items, error
            items = {key: items[key] for key in items if key not in unread} | dict(found)
            if None not in found.values():
                return items, None
            time.sleep(0.05 * 2**attempt)
        return items, DynamoDBError("DynamoDB does not return all items about the called numbers.")

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        results = list(pool.map(read, _chunks(list(wanted), ITEMS_PER_READ)))
    items = {key: item for found, _ in results for key, item in found.items()}
    failure = next((error for _, error in results if error is not None), None)

    def find(some: Sequence[str]) -> CachedFacts:
        known = {key: items[key] for key in some if key in items}
        return CachedFacts(items=known, failure=failure if None in known.values() else None)

    return find


def union_of(plans: Sequence[DialPlan]) -> DialPlan:
    """Return a plan with the fields of all plans, from which queries are built."""
    objects: dict[str, dict[str, str]] = {}
    numbers: dict[str, list[str]] = {}
    for plan in plans:
        for name, fields in plan.objects.items():
            found = objects.setdefault(name.lower(), {})
            found |= {path: path for path in fields.values()}
            numbers.setdefault(name.lower(), []).extend(plan.numbers.get(name, ()))
    paths = [path for plan in plans for path in plan.agent_attributes.values()]
    attributes = {path: path for path in paths}
    return plans[0]._replace(objects=objects, numbers=numbers, agent_attributes=attributes)


def _person_of(plan: DialPlan, name: str, rows: QueryResult) -> str | None:
    """Return the id of the person whose consent the plan uses for a record; None without one."""
    path = plan.object_fields(name)[1].get(CONSENT)
    if path is None or not isinstance(rows, list):
        return None
    try:
        return to_18(str(value_at(rows[0], path)))
    except (LookupError, TypeError, SalesforceError):
        return None  # `record_from` reports it


def _rows_by_key(
    rows: Sequence[Mapping[str, str]], keys: Sequence[str], column: str
) -> Mapping[str, QueryResult]:
    found: dict[str, list[Mapping[str, str]]] = {key: [] for key in keys}
    try:
        for row in rows:
            found[to_18(row[column]) or ""].append(row)
    except (KeyError, TypeError):
        return dict.fromkeys(keys, wrong_types())
    return found


def _as_salesforce_error(error: SalesforceError | OutOfTimeError) -> SalesforceError:
    if isinstance(error, SalesforceError):
        return error
    return SalesforceUnavailableError("out-of-time", str(error))


def _chunks(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
