"""Entries of number lists, and the calls that each number received: items under one kind of key.

A key contains no phone number but a keyed hash of it, or a prefix. decision/number_lookups.py
builds the keys. A decision reads the items together with its facts: see facts_cache.py.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.dynamodb.items import check_size
from click_to_dial.errors import ConditionFailedError, DynamoDBError
from click_to_dial.ports import StoredItem

SORT_KEY = "entry"

MAX_BATCH_ITEMS = 25
"""Maximum number of items in a BatchWriteItem."""
CONCURRENCY = 8
"""Requests at the same time, so that a long import does not wait for the network."""
MAX_BATCH_TRIES = 8
"""Each pause is twice as long as the one before, about 13 s in all."""


def item_key(key: str) -> dict[str, Any]:
    """Return the primary key of an item."""
    return {"pk": {"S": key}, "sk": {"S": SORT_KEY}}


def to_stored_item(item: Mapping[str, Any]) -> StoredItem:
    """Return the item as the decision uses it.

    Of an item in an unknown form, `data` is empty and `expires_at` is None, so that a number stays
    on its list.
    """
    expires_at = item.get("expires_at", {}).get("N")
    data = item.get("data", {}).get("S", "")
    return StoredItem(data, None if expires_at is None else float(expires_at))


class ListEntry(NamedTuple):
    """An entry of a list. It is valid until `expires_at`, in seconds since 1970, if not None."""

    key: str
    reason: str
    source: str
    expires_at: int | None


class NumberLists:
    """The lists in one table. All methods raise DynamoDBError."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def write(self, entries: Iterable[ListEntry]) -> None:
        """Write entries and replace existing ones. Of several with the same key the last wins.

        If it raises an error, some of the entries may have been written.
        """
        unique = list({entry.key: entry for entry in entries}.values())
        for entry in unique:
            check_size(
                _from_entry(entry), "An entry is larger than 400 KB: shorten its reason or source."
            )
        batches = [
            unique[at : at + MAX_BATCH_ITEMS] for at in range(0, len(unique), MAX_BATCH_ITEMS)
        ]
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(self._write_batch, batches))

    def delete(self, key: str) -> bool:
        """Delete an entry. Return False if it does not exist.

        The answer to the deletion does not tell: boto3 may have sent it twice.
        """
        item = {"TableName": self._table_name, "Key": item_key(key)}
        with dynamodb_errors("The list entry cannot be deleted."):
            response = self._client.get_item(**item, ConsistentRead=True)
            self._client.delete_item(**item)
        return "Item" in response

    def read(self, keys: Sequence[str]) -> list[ListEntry]:
        """Return the existing entries of up to 100 keys, which may be repeated."""
        if not keys:
            return []
        request = {self._table_name: {"Keys": [item_key(key) for key in dict.fromkeys(keys)]}}
        with dynamodb_errors("The list entries cannot be read."):
            response = self._client.batch_get_item(RequestItems=request)
        if "Responses" not in response or response.get("UnprocessedKeys"):
            raise DynamoDBError("DynamoDB did not return all list entries. Please try again.")
        return [_to_entry(item) for item in response["Responses"][self._table_name]]

    def scan(self, key_prefix: str) -> Iterator[ListEntry]:
        """Yield all entries whose keys begin with `key_prefix`.

        This reads the whole table: the keys are spread evenly, so that imports are fast.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            FilterExpression="begins_with(pk, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": key_prefix}},
        )
        with dynamodb_errors("The list entries cannot be read."):
            for page in pages:
                yield from map(_to_entry, page["Items"])

    def _write_batch(self, entries: Sequence[ListEntry]) -> None:
        left = [{"PutRequest": {"Item": _from_entry(entry)}} for entry in entries]
        for attempt in range(MAX_BATCH_TRIES):
            with dynamodb_errors("The list entries cannot be written."):
                response = self._client.batch_write_item(RequestItems={self._table_name: left})
            left = response.get("UnprocessedItems", {}).get(self._table_name, [])
            if not left:
                return
            time.sleep(0.05 * 2**attempt)
        raise DynamoDBError("DynamoDB accepts no more entries at the moment.")


class DynamoDBAttempts:
    """The port `Attempts`. Each change is a conditional write, so that limits are exact."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, key: str) -> StoredItem | None:
        """Return the current item, or None. Raises DynamoDBError."""
        with dynamodb_errors("Attempts cannot be read."):
            response = self._client.get_item(
                TableName=self._table_name, Key=item_key(key), ConsistentRead=True
            )
        return to_stored_item(response["Item"]) if "Item" in response else None

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Write `after`. Return False if the item is no longer `before`. Raises DynamoDBError."""
        values = {":after": {"S": after.data}, ":until": {"N": str(int(after.expires_at or 0) + 1)}}
        condition = "attribute_not_exists(pk)"
        if before is not None:
            condition, values[":before"] = "#data = :before", {"S": before.data}
        item = item_key(key) | {"data": values[":after"], "expires_at": values[":until"]}
        check_size(item, "The calls to the number need more than 400 KB: no more can be counted.")
        try:
            with dynamodb_errors("Attempts cannot be written."):
                self._client.update_item(
                    TableName=self._table_name,
                    Key=item_key(key),
                    UpdateExpression="SET #data = :after, expires_at = :until",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#data": "data"},
                    ExpressionAttributeValues=values,
                )
        except ConditionFailedError:
            return False
        return True


def _from_entry(entry: ListEntry) -> Mapping[str, Any]:
    data = json.dumps({"reason": entry.reason, "source": entry.source}, ensure_ascii=False)
    item = {**item_key(entry.key), "data": {"S": data}}
    if entry.expires_at is not None:
        item["expires_at"] = {"N": str(entry.expires_at)}
    return item


def _to_entry(item: Mapping[str, Any]) -> ListEntry:
    data = json.loads(item["data"]["S"])
    expires_at = int(item["expires_at"]["N"]) if "expires_at" in item else None
    return ListEntry(item["pk"]["S"], data["reason"], data["source"], expires_at)
