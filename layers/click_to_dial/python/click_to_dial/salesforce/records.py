"""Look-ups of a decision: the clicked record and the agent, in one composite request."""

import time
from collections.abc import Callable

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceError
from click_to_dial.model import Record
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.queries import (
    agent_query,
    consent_query,
    object_query,
    record_query,
)
from click_to_dial.salesforce.results import agent_from, object_name, record_from
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix


class SalesforceRecords:
    """The port `Salesforce`. Objects of custom key prefixes are learned from Salesforce."""

    def __init__(self, client: SalesforceClient, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._clock = clock
        self._learned: dict[str, str] = {}  # key prefix -> object

    def prepare(self, deadline: Deadline) -> None:
        """Get the access token and open a connection. Raises SalesforceError, OutOfTimeError."""
        self._client.prepare(deadline)

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Return record and agent. Raises SalesforceError, OutOfTimeError."""
        result = self._look_up(plan, request, deadline)
        return result._replace(token_failure=self._client.take_token_failure())

    def _look_up(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Return record and agent.

        Further requests are made only if the object of a custom key prefix is not known yet, or if
        the known one does not exist or has no such record.
        """
        query = self._client.query_together
        queries = {} if request.agent_uid is None else {"agent": agent_query(plan, request)}
        if request.record_id is None:
            return SalesforceResult(None, agent_from(plan, query(queries, deadline)))
        prefix = key_prefix(request.record_id)
        name = STANDARD_OBJECTS.get(prefix) or request.object_name or self._learned.get(prefix)
        if name is None:
            first = query(queries | {"object": object_query(prefix)}, deadline)
            found = object_name(plan, prefix, first["object"])
            if not isinstance(found, str):
                return SalesforceResult(found, agent_from(plan, first))
            record = self._learn(plan, request, found, deadline)
            return SalesforceResult(record, agent_from(plan, first), calls=2)
        results = query(queries | _record_queries(plan, request, name), deadline)
        record = record_from(plan, request, name, results, self._clock())
        agent = agent_from(plan, results)
        is_missing = isinstance(record, Record) and not record.found
        no_object = isinstance(record, SalesforceError) and record.reason == "invalid-object"
        if prefix in STANDARD_OBJECTS or not (is_missing or no_object):
            return SalesforceResult(record, agent)
        # The object may have been deleted. Refreshing a sandbox may give its prefix to another one.
        lookup = query({"object": object_query(prefix)}, deadline)
        found = object_name(plan, prefix, lookup["object"])
        if isinstance(found, SalesforceError):
            return SalesforceResult(found, agent, calls=2)
        if isinstance(found, Record) or found.lower() == name.lower():
            return SalesforceResult(record, agent, calls=2)
        record = self._learn(plan, request, found, deadline)
        return SalesforceResult(record, agent, calls=3)

    def _learn(
        self, plan: DialPlan, request: SalesforceRequest, object_name: str, deadline: Deadline
    ) -> Record | SalesforceError:
        """Remember the object of a key prefix and return the record."""
        self._learned[key_prefix(request.record_id or "")] = object_name
        results = self._client.query_together(_record_queries(plan, request, object_name), deadline)
        return record_from(plan, request, object_name, results, self._clock())


def _record_queries(plan: DialPlan, request: SalesforceRequest, object_name: str) -> dict[str, str]:
    queries = {"record": record_query(plan, request, object_name)}
    consent = consent_query(plan, object_name)
    return queries if consent is None else queries | {"consent": consent}
