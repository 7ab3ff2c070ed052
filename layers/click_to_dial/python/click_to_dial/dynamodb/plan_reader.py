"""Reads published dial plans: see plans.py for how they are written."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from click_to_dial.aws.client import AwsClient, pages
from click_to_dial.aws.errors import AwsError
from click_to_dial.dynamodb.blobs import BlobStore
from click_to_dial.dynamodb.plan_items import (
    ACTIVE_KEY,
    ActivePlan,
    Item,
    Version,
    to_active,
    to_version,
    version_key,
)
from click_to_dial.errors import DynamoDBError, NoDialPlanError

Document = Mapping[str, Any]
Entries = Mapping[str, str]


@contextmanager
def dynamodb_errors() -> Iterator[None]:
    """Turns AWS's errors into DynamoDBError, which names no item."""
    try:
        yield
    except AwsError as error:
        raise DynamoDBError(f"The dial plans cannot be reached: {error}") from error


def _utc_now() -> datetime:
    return datetime.now(UTC)


class PlanReader:
    """The dial plans in one table. Every method raises DynamoDBError where that does not answer."""

    def __init__(
        self, client: AwsClient, table_name: str, now: Callable[[], datetime] = _utc_now
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now
        self._bodies = BlobStore(client, table_name, now)

    def active(self) -> ActivePlan | None:
        """What decides now; None where nothing was ever published."""
        item = self._item(ACTIVE_KEY)
        return None if item is None else to_active(item)

    def load(self, active: ActivePlan) -> tuple[Document, Mapping[str, Entries]]:
        """The document, and the entries of each mapping that is kept in Salesforce.

        Raises NoDialPlanError where they are gone: `active` is then no longer what decides.
        """
        cached = active.mappings
        with dynamodb_errors():
            texts = self._bodies.read([active.body, *(each.body for each in cached.values())])
        entries = {name: json.loads(texts[each.body.hash]) for name, each in cached.items()}
        return json.loads(texts[active.body.hash]), entries

    def history(self) -> list[Version]:
        """All versions that are kept, the newest first."""
        with dynamodb_errors():
            found = pages(self._client, "Query", **self._newest_first())
            return [to_version(item) for page in found for item in page["Items"]]

    def version(self, number: int) -> Version:
        """A version. Raises NoDialPlanError where there is none of this number."""
        item = self._item(version_key(number))
        if item is None:
            raise NoDialPlanError(f"There is no version {number} of the dial plan.")
        return to_version(item)

    def source(self, version: Version) -> str:
        """The YAML of a version, as it was written. Raises NoDialPlanError where it is gone."""
        with dynamodb_errors():
            return self._bodies.read([version.source])[version.source.hash]

    def document(self, version: Version | ActivePlan) -> Document:
        """The document of a version, or of what decides now.

        Raises NoDialPlanError where it is gone.
        """
        with dynamodb_errors():
            document: Document = json.loads(self._bodies.read([version.body])[version.body.hash])
        return document

    def _newest_first(self) -> dict[str, Any]:
        return {
            "TableName": self._table_name,
            "KeyConditionExpression": "pk = :plan AND begins_with(sk, :version)",
            "ExpressionAttributeValues": {":plan": {"S": "plan"}, ":version": {"S": "version#"}},
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }

    def _item(self, key: Item) -> Item | None:
        with dynamodb_errors():
            response = self._client(
                "GetItem", TableName=self._table_name, Key=key, ConsistentRead=True
            )
        item: Item | None = response.get("Item")
        return item
