"""Immutable texts of any size, addressed by their hash: plans, their YAML, cached mappings.

A text is stored compressed, in chunks below DynamoDB's limit of 400 KB for an item. Writing a text
again only renews its date, which protects it from a `prune` that runs at the same time.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.errors import ConditionFailedError, DynamoDBError, NoDialPlanError
from click_to_dial.ports import BlobRef

CHUNK_BYTES = 350_000
MAX_BATCH_KEYS = 100
"""Maximum number of keys in a BatchGetItem."""
MAX_BATCH_TRIES = 6
MIN_AGE = timedelta(hours=1)
"""Minimum age of a text that `prune` deletes. A writer takes less time between writing a text and
writing the item that refers to it."""

UNREACHABLE = "The dial plans cannot be reached."


class BlobStore:
    """The texts in one table. All methods raise DynamoDBError."""

    def __init__(self, client: AwsClient, table_name: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def write(self, text: str) -> BlobRef:
        """Store `text` and return its reference."""
        data = text.encode()
        packed = zlib.compress(data)
        name = hashlib.sha256(data).hexdigest()
        starts = range(0, len(packed), CHUNK_BYTES)
        for index, start in enumerate(starts):
            item = {
                **_key(name, index),
                "data": {"B": packed[start : start + CHUNK_BYTES]},
                "written_at": {"N": str(int(self._now().timestamp()))},
            }
            with dynamodb_errors(UNREACHABLE):
                self._client.put_item(TableName=self._table_name, Item=item)
        return BlobRef(name, len(starts))

    def read(self, refs: Iterable[BlobRef]) -> dict[str, str]:
        """Return the texts by their hash, read consistently.

        Raises NoDialPlanError if one does not exist (any more) or is damaged.
        """
        refs = set(refs)
        pairs = {(ref.hash, index) for ref in refs for index in range(ref.chunks)}
        keys = [_key(*pair) for pair in sorted(pairs)]  # DynamoDB refuses duplicates
        chunks: dict[tuple[str, str], bytes] = {}
        for start in range(0, len(keys), MAX_BATCH_KEYS):
            for item in self._get(keys[start : start + MAX_BATCH_KEYS]):
                chunks[item["pk"]["S"], item["sk"]["S"]] = item.get("data", {}).get("B", b"")
        return {ref.hash: _unpack(ref, chunks) for ref in refs}

    def prune(self, keep: Collection[str]) -> int:
        """Delete the chunks of all texts except those in `keep` (hashes) and young ones.

        Returns the number of deleted chunks.
        """
        oldest = str(int((self._now() - MIN_AGE).timestamp()))
        deleted = 0
        for key in self._all_keys():
            if key["pk"]["S"].removeprefix("body#") in keep:
                continue
            try:
                with dynamodb_errors(UNREACHABLE):
                    self._client.delete_item(
                        TableName=self._table_name,
                        Key=key,
                        ConditionExpression="written_at < :oldest",
                        ExpressionAttributeValues={":oldest": {"N": oldest}},
                    )
            except ConditionFailedError:
                continue
            deleted += 1
        return deleted

    def _get(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the items, asking again for keys that DynamoDB left unprocessed."""
        for attempt in range(MAX_BATCH_TRIES):
            request = {self._table_name: {"Keys": keys, "ConsistentRead": True}}
            with dynamodb_errors(UNREACHABLE):
                response = self._client.batch_get_item(RequestItems=request)
            if "Responses" not in response:
                raise DynamoDBError(UNREACHABLE, code="InvalidResponseError")
            yield from response["Responses"].get(self._table_name, ())
            keys = response.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            if not keys:
                return
            time.sleep(0.02 * 2**attempt)
        raise DynamoDBError("DynamoDB did not return all parts of the dial plan.")

    def _all_keys(self) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            FilterExpression="begins_with(pk, :body)",
            ExpressionAttributeValues={":body": {"S": "body#"}},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        with dynamodb_errors(UNREACHABLE):
            for page in pages:
                yield from page["Items"]


def _key(name: str, index: int) -> dict[str, Any]:
    return {"pk": {"S": f"body#{name}"}, "sk": {"S": f"{index:05d}"}}


def _unpack(ref: BlobRef, chunks: dict[tuple[str, str], bytes]) -> str:
    keys = (_key(ref.hash, index) for index in range(ref.chunks))
    try:
        packed = b"".join(chunks[key["pk"]["S"], key["sk"]["S"]] for key in keys)
        data = zlib.decompress(packed)
    except (KeyError, zlib.error) as error:
        raise NoDialPlanError("A part of the dial plan is missing.") from error
    if hashlib.sha256(data).hexdigest() != ref.hash:
        raise NoDialPlanError("A part of the dial plan was changed after its publication.")
    return data.decode()
