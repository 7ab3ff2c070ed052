"""The REST API of one organisation. The only module that imports simple-salesforce.

https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/intro_rest.htm
"""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from click_to_dial.deadline import Deadline
from click_to_dial.errors import (
    ClickToDialError,
    SalesforceBusyError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    SessionExpiredError,
)
from click_to_dial.ports import AccessTokens
from click_to_dial.salesforce.failures import InvalidIdError, failure, more_rows, wrong_types
from click_to_dial.salesforce.session import SalesforceSession, request_id_of
from click_to_dial.skip_imports import skip_imports

# SOAP, JWT and bulk jobs. They need zeep, PyJWT and more-itertools, which are not in the layer.
SKIPPED: Mapping[str, Mapping[str, Any]] = {
    "simple_salesforce.bulk": {"SFBulkHandler": None},
    "simple_salesforce.bulk2": {"SFBulk2Handler": None},
    "simple_salesforce.login": {"SalesforceLogin": None},
    "simple_salesforce.metadata": {"SfdcMetadataApi": None},
    "xml.dom.minidom": {},
}

with skip_imports(SKIPPED):
    from simple_salesforce.api import Salesforce
    from simple_salesforce.exceptions import SalesforceError as LibraryError
    from simple_salesforce.format import format_soql

__all__ = ["QueryResult", "SalesforceClient", "checked_name", "format_soql"]

T = TypeVar("T")
QueryResult = list[Any] | SalesforceError
"""The rows of one query, or its error."""

_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)


class SalesforceClient:
    """Read access to an organisation, with the access token that all sandboxes share.

    A request that fails with SalesforceBusyError is sent again at once, and one whose token has
    expired with a new token, each one time. All methods raise SalesforceError, OutOfTimeError.
    """

    def __init__(self, session: SalesforceSession, api_version: str, tokens: AccessTokens) -> None:
        self._session = session
        self._api_version = api_version
        self._tokens = tokens

    def prepare(self, deadline: Deadline) -> None:
        """Get a token, and open a connection unless the login has left one.

        The request lists the API versions. It needs no token and does not count as an API call.
        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_versions.htm
        """
        self._tokens.get(deadline)
        if not self._session.is_connected:
            url = f"{self._session.url}/services/data/"
            self._session.request("GET", url, deadline=deadline)

    def take_token_failure(self) -> ClickToDialError | None:
        """Return, once, why the shared token counted as absent; None if it was readable."""
        return self._tokens.take_failure()

    def query_together(
        self, queries: Mapping[str, str], deadline: Deadline
    ) -> Mapping[str, QueryResult]:
        """Return the rows, or the error, of each query. The composite request is one API call.

        `queries` has SOQL, quoted for a URL, by reference id.
        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_composite_composite.htm
        """
        path = f"/services/data/v{self._api_version}/query"
        subrequests = [
            {"method": "GET", "referenceId": reference, "url": f"{path}?q={query}"}
            for reference, query in queries.items()
        ]
        body = {"allOrNone": False, "compositeRequest": subrequests}

        def post(api: _RestApi) -> Mapping[str, QueryResult]:
            answer = api.restful("composite", method="POST", json=body, **api.options)
            results = {reference: rows_of(answer, reference) for reference in queries}
            for result in results.values():
                if isinstance(result, SalesforceError):
                    result.request_id = api.request_id
            return results

        return self._call(post, deadline)

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        """Return all rows of a query, page by page."""

        def read(api: _RestApi) -> list[Any]:
            try:
                return list(api.query_all_iter(soql, **api.options))
            except (KeyError, TypeError):
                raise wrong_types() from None

        return self._call(read, deadline)

    def describe(self, object_name: str, deadline: Deadline) -> Any:
        """Return the description of an object with all fields that the integration user may see.

        If the user may not see the object, the error's reason is `no-such-resource`.
        https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_sobject_describe.htm
        """
        path = f"sobjects/{checked_name(object_name)}/describe"
        return self._call(lambda api: api.restful(path, **api.options), deadline)

    def _call(self, work: Callable[["_RestApi"], T], deadline: Deadline) -> T:
        """Try again with another token if Salesforce rejects one, until a new one is rejected.

        The token in memory and the shared one may both have expired.
        """
        token, is_first = self._tokens.get(deadline), True
        while True:
            try:
                return self._try_twice(work, token, deadline)
            except SessionExpiredError as error:
                rejected = SalesforceConfigurationError(
                    "new-session-refused",
                    "Salesforce refuses even a new access token: check the session settings and "
                    "the allowed IP addresses of the integration user's profile.",
                )
                rejected.request_id = error.request_id
            if not is_first and self._tokens.give_up(token, rejected):
                raise rejected
            token, is_first = self._tokens.get(deadline, rejected=token), False

    def _try_twice(self, work: Callable[["_RestApi"], T], token: str, deadline: Deadline) -> T:
        api = _RestApi(self._session, self._api_version, token, deadline)
        try:
            return api.run(work)
        except SalesforceBusyError:
            return api.run(work)


class _RestApi(Salesforce):
    """simple-salesforce for one token and one deadline. `options` belong to each of its requests.

    It never logs in, because it has a `session_id`.
    """

    def __init__(
        self, session: SalesforceSession, api_version: str, token: str, deadline: Deadline
    ) -> None:
        super().__init__(
            instance_url=session.url,
            session_id=token,
            session=session,
            version=api_version,
            object_pairs_hook=None,
        )
        self._path = f"/services/data/v{api_version}/"
        self.base_url = session.url + self._path  # the library's is always https
        self.headers.pop("X-PrettyPrint")
        self.request_id = ""
        self.options: dict[str, Any] = {
            "deadline": deadline,
            "hooks": {"response": self._keep_request_id},
        }

    def run(self, work: Callable[["_RestApi"], T]) -> T:
        """Return the result of `work`. Raise its failures as SalesforceError with a request id."""
        self.request_id = ""
        try:
            return work(self)
        except LibraryError as error:
            found = failure(error.status, error.content)
        except SalesforceError as error:
            found = error
        found.request_id = self.request_id
        raise found from None

    def query_more(
        self,
        next_records_identifier: str,
        identifier_is_url: bool = False,
        include_deleted: bool = False,
        **options: Any,
    ) -> Any:
        """Return the next page of a query. The library's own method would request any path."""
        page = re.fullmatch(re.escape(self._path) + r"(query/[\w-]+)", next_records_identifier)
        if page is None:
            raise wrong_types()
        return self.restful(page[1], **options)

    def parse_result_to_json(self, result: Any) -> Any:
        """Return the JSON of an answer, which must be an object."""
        try:
            answer = super().parse_result_to_json(result)
        except (ValueError, RecursionError):
            raise SalesforceUnavailableError(
                "not-json", "The answer is not JSON: a proxy, or Salesforce under maintenance?"
            ) from None
        if not isinstance(answer, dict) or not isinstance(answer.get("records", []), list):
            raise wrong_types()
        return answer

    def _keep_request_id(self, response: Any, **_: Any) -> None:
        self.request_id = request_id_of(response)


def rows_of(answer: Any, reference: str) -> QueryResult:
    """Return all rows of the query `reference` in the answer to a composite request."""
    try:
        (part,) = [each for each in answer["compositeResponse"] if each["referenceId"] == reference]
        status, body = part["httpStatusCode"], part["body"]
        if not isinstance(status, int):
            return wrong_types()
        if status == HTTPStatus.NOT_FOUND and reference == "record":
            return InvalidIdError("not-found")
        if status != HTTPStatus.OK:
            return failure(status, body)
        if not isinstance(body["records"], list):
            return wrong_types()
        return body["records"] if body["done"] is True else more_rows()
    except (KeyError, TypeError, ValueError):
        return wrong_types()


def checked_name(path: str) -> str:
    """Return the name of an object, or the path of a field, if it is safe in SOQL and in a URL.

    Names cannot be bound as values can. The plan was validated when it was published, but safety
    must not depend on that. Raises SalesforceConfigurationError.
    """
    if not _PATH.fullmatch(path):
        raise SalesforceConfigurationError(
            "bad-name", "The dial plan holds a malformed field name."
        )
    return path
