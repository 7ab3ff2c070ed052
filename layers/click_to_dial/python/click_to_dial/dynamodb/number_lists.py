"""Entries of number lists, and the calls that each number received: items under one kind of key.

A key contains no phone number but a keyed hash of it, or a prefix. decision/number_lookups.py
builds the keys. A decision reads the items together with its facts: see facts_cache.py.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, NamedTuple

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.dynamodb.items import check_size
from click_to_dial.errors import UNREADABLE, ConditionFailedError, DynamoDBError
from click_to_dial.ports import StoredItem

SORT_KEY = "entry"

MAX_BATCH_ITEMS = 25
"""Maximum number of items in a BatchWriteItem."""
CHUNK = 100
"""Number of entries that one thread writes, and maximum number of keys in a BatchGetItem."""
CONCURRENCY = 8
"""Requests at the same time, so that a long import does not wait for the network."""
MAX_TRIES = 8
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
    run = item.get("run", {}).get("N")
    return StoredItem(
        data,
        None if expires_at is None else float(expires_at),
        None if run is None else int(run),
    )


def read_items(
    client: AwsClient, table_name: str, keys: Sequence[str]
) -> Iterator[Mapping[str, Any]]:
    """Yield the items of up to 100 different keys that exist. Raises DynamoDBError."""
    wanted = {"Keys": [item_key(key) for key in keys], "ConsistentRead": True}
    request = {table_name: wanted}
    for attempt in range(MAX_TRIES):
        with dynamodb_errors("The list entries cannot be read."):
            response = client.batch_get_item(RequestItems=request)
        if "Responses" in response:
            yield from response["Responses"].get(table_name, ())
            request = response.get("UnprocessedKeys", {})
            if not request:
                return
        time.sleep(0.05 * 2**attempt)
    raise DynamoDBError("DynamoDB did not return all list entries. Please try again.")


class ListEntry(NamedTuple):
    """An entry of a list. It is valid until `expires_at`, in seconds since 1970, if not None."""

    key: str
    reason: str
    source: str
    expires_at: int | None


class StoredForNumber(NamedTuple):
    """An item about a number: its key, its sort key, and the rest."""

    key: str
    sort_key: str
    item: StoredItem


def to_list_entry(stored: StoredForNumber) -> ListEntry:
    """Return the entry in an item. An entry in an unknown form has no reason and no source."""
    expires_at = stored.item.expires_at
    try:
        data = json.loads(stored.item.data)
        reason, source = str(data["reason"]), str(data["source"])
    except UNREADABLE:
        reason = source = ""
    return ListEntry(stored.key, reason, source, None if expires_at is None else int(expires_at))


OnWritten = Callable[[Collection[str], Collection[str]], object]
"""Called in any thread with the keys of written entries: the new ones, and the replaced ones."""


class NumberLists:
    """The lists in one table. All methods raise DynamoDBError."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def write(self, entries: Iterable[ListEntry], on_written: OnWritten = lambda *_: None) -> None:
        """Write entries and replace existing ones. Of several with the same key the last wins.

        If it raises an error, some of the entries may have been written: those that `on_written`
        was called for, and perhaps more if DynamoDB's response was lost.
        """
        unique = list({entry.key: entry for entry in entries}.values())
        for entry in unique:
            check_size(
                _from_entry(entry), "An entry is larger than 400 KB: shorten its reason or source."
            )
        chunks = [unique[at : at + CHUNK] for at in range(0, len(unique), CHUNK)]
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            list(pool.map(partial(self._write_chunk, on_written), chunks))

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
        unique = list(dict.fromkeys(keys))  # DynamoDB refuses duplicates, and no keys at all
        if not unique:
            return []
        return [_to_entry(item) for item in read_items(self._client, self._table_name, unique)]

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

    def find(self, hashes: Collection[str], parts: Collection[str]) -> Iterator[StoredForNumber]:
        """Yield all items with one of the hashes in their key or data, or of the parts in the key.

        This reads the whole table.
        """
        values = {f":hash{n}": {"S": each} for n, each in enumerate(hashes)}
        filters = [f"contains(pk, {name}) OR contains(#data, {name})" for name in values]
        in_keys = {f":part{n}": {"S": each} for n, each in enumerate(parts)}
        filters += [f"contains(pk, {name})" for name in in_keys]
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            FilterExpression=" OR ".join(filters),
            ExpressionAttributeNames={"#data": "data"},
            ExpressionAttributeValues=values | in_keys,
            ConsistentRead=True,
        )
        with dynamodb_errors("The table cannot be read."):
            for page in pages:
                for item in page["Items"]:
                    yield StoredForNumber(item["pk"]["S"], item["sk"]["S"], to_stored_item(item))

    def delete_item(self, stored: StoredForNumber) -> None:
        """Delete an item that `find` has yielded."""
        key = {"pk": {"S": stored.key}, "sk": {"S": stored.sort_key}}
        with dynamodb_errors("The item cannot be deleted."):
            self._client.delete_item(TableName=self._table_name, Key=key)

    def _write_chunk(self, on_written: OnWritten, entries: Sequence[ListEntry]) -> None:
        keys = [entry.key for entry in entries]
        existing = {item["pk"]["S"] for item in read_items(self._client, self._table_name, keys)}
        for at in range(0, len(entries), MAX_BATCH_ITEMS):
            batch = entries[at : at + MAX_BATCH_ITEMS]
            self._write_batch(batch)
            written = {entry.key for entry in batch}
            on_written(written - existing, written & existing)

    def _write_batch(self, entries: Sequence[ListEntry]) -> None:
        left = [{"PutRequest": {"Item": _from_entry(entry)}} for entry in entries]
        for attempt in range(MAX_TRIES):
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
        """Write `after`. Return False if the item is no longer `before`. Raises DynamoDBError.

        The new value is requested, because an empty response would not show that it was written.
        """
        values = {":after": {"S": after.data}, ":until": {"N": str(int(after.expires_at or 0) + 1)}}
        condition = "attribute_not_exists(pk)"
        if before is not None:
            condition, values[":before"] = "#data = :before", {"S": before.data}
        item = item_key(key) | {"data": values[":after"], "expires_at": values[":until"]}
        check_size(item, "The calls to the number need more than 400 KB: no more can be counted.")
        try:
            with dynamodb_errors("Attempts cannot be written."):
                response = self._client.update_item(
                    TableName=self._table_name,
                    Key=item_key(key),
                    UpdateExpression="SET #data = :after, expires_at = :until",
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#data": "data"},
                    ExpressionAttributeValues=values,
                    ReturnValues="UPDATED_NEW",
                )
        except ConditionFailedError:
            return False
        if response.get("Attributes", {}).get("data") != values[":after"]:
            raise DynamoDBError("Attempts cannot be written.", code="InvalidResponseError")
        return True


def _from_entry(entry: ListEntry) -> Mapping[str, Any]:
    data = json.dumps({"reason": entry.reason, "source": entry.source}, ensure_ascii=False)
    item = {**item_key(entry.key), "data": {"S": data}}
    if entry.expires_at is not None:
        item["expires_at"] = {"N": str(entry.expires_at)}
    return item


def _to_entry(item: Mapping[str, Any]) -> ListEntry:
    stored = StoredForNumber(item["pk"]["S"], item["sk"]["S"], to_stored_item(item))
    return to_list_entry(stored)
