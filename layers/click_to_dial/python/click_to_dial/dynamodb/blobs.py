"""Immutable texts of any size, addressed by their hash: plans, their YAML, cached mappings.

A text is kept compressed, in chunks below DynamoDB's 400 KB. Writing one that is there already only
renews its date, which keeps it from a clean-up that runs at the same time.
"""

import hashlib
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from click_to_dial.aws.client import AwsClient, pages
from click_to_dial.aws.errors import AwsError
from click_to_dial.errors import DynamoDBError, NoDialPlanError

CHUNK_BYTES = 350_000
MOST_KEYS = 100  # of a BatchGetItem
ATTEMPTS = 6
IN_USE = timedelta(hours=1)
"""Longer than any writer takes between writing a body and naming it in an item of its own."""


@dataclass(frozen=True, slots=True)
class BlobRef:
    """Names a text: the SHA-256 of its UTF-8 form, and how many chunks it takes."""

    hash: str
    chunks: int


class BlobStore:
    """The texts in one table. The methods raise AwsError; PlanStore names them."""

    def __init__(self, client: AwsClient, table_name: str, now: Callable[[], datetime]) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now

    def write(self, text: str) -> BlobRef:
        """Keeps `text` and names it."""
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
            self._client("PutItem", TableName=self._table_name, Item=item)
        return BlobRef(name, len(starts))

    def read(self, bodies: Iterable[BlobRef]) -> dict[str, str]:
        """The texts by their hash, read consistently.

        Raises NoDialPlanError where one is not there (any more) or not as it was written.
        """
        bodies = set(bodies)  # DynamoDB refuses a key that is there twice
        keys = [_key(body.hash, index) for body in bodies for index in range(body.chunks)]
        chunks: dict[tuple[str, str], bytes] = {}
        for start in range(0, len(keys), MOST_KEYS):
            for item in self._items(keys[start : start + MOST_KEYS]):
                chunks[item["pk"]["S"], item["sk"]["S"]] = item["data"]["B"]
        return {body.hash: _unpack(body, chunks) for body in bodies}

    def prune(self, keep: Collection[str]) -> int:
        """Deletes the chunks of all texts but `keep`, and says how many; young ones are left."""
        oldest = int((self._now() - IN_USE).timestamp())
        return sum(
            self._delete(item, oldest)
            for item in self._all()
            if item["pk"]["S"].removeprefix("body#") not in keep
        )

    def _items(self, keys: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Unprocessed keys are asked for again: what DynamoDB left out is not absent."""
        for attempt in range(ATTEMPTS):
            request = {self._table_name: {"Keys": keys, "ConsistentRead": True}}
            response = self._client("BatchGetItem", RequestItems=request)
            yield from response["Responses"].get(self._table_name, ())
            keys = response.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", [])
            if not keys:
                return
            time.sleep(0.02 * 2**attempt)
        raise DynamoDBError("DynamoDB left a part of the dial plan unread.")

    def _all(self) -> Iterator[dict[str, Any]]:
        found = pages(
            self._client,
            "Scan",
            TableName=self._table_name,
            FilterExpression="begins_with(pk, :body)",
            ExpressionAttributeValues={":body": {"S": "body#"}},
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        for page in found:
            yield from page["Items"]

    def _delete(self, key: dict[str, Any], oldest: int) -> bool:
        try:
            self._client(
                "DeleteItem",
                TableName=self._table_name,
                Key=key,
                ConditionExpression="written_at < :oldest",
                ExpressionAttributeValues={":oldest": {"N": str(oldest)}},
            )
        except AwsError as error:
            if error.is_condition_failure:
                return False
            raise
        return True


def _key(name: str, index: int) -> dict[str, Any]:
    return {"pk": {"S": f"body#{name}"}, "sk": {"S": f"{index:05d}"}}


def _unpack(body: BlobRef, chunks: dict[tuple[str, str], bytes]) -> str:
    keys = (_key(body.hash, index) for index in range(body.chunks))
    try:
        packed = b"".join(chunks[key["pk"]["S"], key["sk"]["S"]] for key in keys)
        data = zlib.decompress(packed)
    except (KeyError, zlib.error) as error:
        raise NoDialPlanError("A part of the dial plan is missing.") from error
    if hashlib.sha256(data).hexdigest() != body.hash:
        raise NoDialPlanError("A part of the dial plan is not as it was published.")
    return data.decode()
