"""Asks the organisation for a record and an agent: one composite request, one API call.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import (
    SalesforceConfigurationError,
    SalesforceError,
    SessionExpiredError,
)
from click_to_dial.ports import SalesforceRequest, SalesforceResult
from click_to_dial.salesforce.queries import (
    agent_query,
    checked_name,
    consent_query,
    object_query,
    record_query,
)
from click_to_dial.salesforce.results import (
    Result,
    agent_from,
    object_name,
    record_from,
    rows_of,
    rows_of_page,
)
from click_to_dial.salesforce.transport import Transport
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix


class AccessTokens(Protocol):
    """The access token that all sandboxes share."""

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        """A token other than `rejected`. Raises SalesforceError, OutOfTimeError."""

    def give_up(self, token: str, error: SalesforceError) -> None:
        """Says that `token` is new and yet of no use, so that nobody logs in over and over."""


class SalesforceClient:
    """The port `Salesforce`, spoken over REST."""

    def __init__(
        self,
        transport: Transport,
        tokens: AccessTokens,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._clock = clock
        self._learned: dict[str, str] = {}  # key prefix -> object

    def fetch(
        self, plan: DialPlan, request: SalesforceRequest, deadline: Deadline
    ) -> SalesforceResult:
        """Record and agent; a second trip only where the record's object is not known yet.

        Raises SalesforceError, OutOfTimeError.
        """
        queries = {} if request.agent_uid is None else {"agent": agent_query(plan, request)}
        if request.record_id is None:
            return SalesforceResult(None, agent_from(plan, self._query(queries, deadline)))
        prefix = key_prefix(request.record_id)
        name = request.object_name or self._learned.get(prefix) or STANDARD_OBJECTS.get(prefix)
        if name is not None:
            results = self._query(queries | _about_record(plan, request, name), deadline)
            record = record_from(plan, request, name, results, self._clock())
            return SalesforceResult(record, agent_from(plan, results))
        first = self._query(queries | {"object": object_query(prefix)}, deadline)
        found = object_name(plan, prefix, first["object"])
        if not isinstance(found, str):
            return SalesforceResult(found, agent_from(plan, first))
        self._learned[prefix] = found
        second = self._query(_about_record(plan, request, found), deadline)
        record = record_from(plan, request, found, second, self._clock())
        return SalesforceResult(record, agent_from(plan, first), calls=2)

    def prepare(self, deadline: Deadline) -> None:
        """Fetches the token and opens a connection. Raises SalesforceError, OutOfTimeError."""
        self._tokens.get(deadline)
        self._transport.connect()

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        """All rows of a query, page by page. Raises SalesforceError, OutOfTimeError."""
        page = self._call("GET", "query", deadline, params={"q": soql})
        rows: list[Any] = []
        while True:
            records, more = rows_of_page(page, self._transport.data_path)
            rows += records
            if more is None:
                return rows
            page = self._call("GET", more, deadline)

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        """The object with all its fields that the integration user may see, as Salesforce says it.

        Raises SalesforceError, of reason `no-such-resource` also where the user does not see the
        object; OutOfTimeError.
        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
        """
        return self._call("GET", f"sobjects/{checked_name(object_name)}/describe", deadline)

    def _query(self, queries: Mapping[str, str], deadline: Deadline) -> Mapping[str, Result]:
        """The rows of each query, or its error, in one request."""
        path = self._transport.data_path
        subrequests = [
            {
                "method": "GET",
                "referenceId": reference,
                "url": f"{path}/query?q={query}",
            }
            for reference, query in queries.items()
        ]
        body = {"allOrNone": False, "compositeRequest": subrequests}
        answer = self._call("POST", "composite", deadline, body=body)
        return {reference: rows_of(answer, reference) for reference in queries}

    def _call(self, method: str, path: str, deadline: Deadline, **body: Any) -> Any:
        """The answer to a request that only reads. An expired token is renewed once."""
        token = self._tokens.get(deadline)
        try:
            return self._transport.rest(token, method, path, deadline, **body)
        except SessionExpiredError:
            token = self._tokens.get(deadline, rejected=token)
        try:
            return self._transport.rest(token, method, path, deadline, **body)
        except SessionExpiredError:
            useless = SalesforceConfigurationError(
                "new-session-refused",
                "Salesforce refuses even a new access token: check the session settings and the "
                "allowed IP addresses of the integration user's profile.",
            )
            self._tokens.give_up(token, useless)
            raise useless from None


def _about_record(plan: DialPlan, request: SalesforceRequest, object_name: str) -> dict[str, str]:
    queries = {"record": record_query(plan, request, object_name)}
    consent = consent_query(plan, object_name)
    return queries if consent is None else queries | {"consent": consent}
