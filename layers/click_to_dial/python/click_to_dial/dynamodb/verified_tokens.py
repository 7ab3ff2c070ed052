"""Access tokens that Salesforce verified, by their hashes, so that callers survive its outages."""

import hashlib
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.errors import UNREADABLE, ConditionFailedError, UnreadableItemError
from click_to_dial.ports import MAX_SECONDS_AHEAD

REJECTED_SECONDS = 3600
"""Time for which a rejected token cannot be stored as verified: longer than a sandbox may be frozen
between Salesforce's answer and the write."""


class VerifiedTokens:
    """Cache of verified tokens. A token is valid for `keep_seconds` after its verification.

    `scope` is the access policy that was applied. After a change of it, tokens must be verified
    again. All methods raise DynamoDBError.
    """

    def __init__(
        self,
        client: AwsClient,
        table_name: str,
        scope: str,
        keep_seconds: float,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._scope = scope
        self._keep_seconds = keep_seconds
        self._clock = clock

    def keep(self, token: str, user_id: str) -> None:
        """Store that Salesforce has just verified `token`, unless it was rejected lately.

        Of two answers at the same time, the rejection counts, whichever is written first.
        """
        now = self._clock()
        item = {
            "user_id": {"S": user_id},
            "confirmed_at": {"N": f"{now:.3f}"},
            "expires_at": {"N": str(int(now + self._keep_seconds))},
        }
        with suppress(ConditionFailedError), dynamodb_errors("Verified tokens cannot be written."):
            self._client.put_item(
                TableName=self._table_name,
                Item=self._key(token) | item,
                ConditionExpression="attribute_not_exists(rejected_at)",
            )

    def user_of(self, token: str) -> str | None:
        """Return the user id of a token that is still valid, or None.

        Raises UnreadableItemError if the item has an unknown form.
        """
        with dynamodb_errors("Verified tokens cannot be read."):
            response = self._client.get_item(
                TableName=self._table_name, Key=self._key(token), ConsistentRead=True
            )
        item = response.get("Item")
        if item is None or "rejected_at" in item:
            return None
        try:
            user_id, age = item["user_id"]["S"], self._clock() - float(item["confirmed_at"]["N"])
        except UNREADABLE:
            raise UnreadableItemError("A verified token has an unknown form.") from None
        # Compared here too: DynamoDB deletes late, and `keep_seconds` may have been reduced.
        return str(user_id) if -MAX_SECONDS_AHEAD <= age < self._keep_seconds else None

    def forget(self, token: str) -> None:
        """Store that `token` was rejected."""
        now = self._clock()
        item = {
            "rejected_at": {"N": f"{now:.3f}"},
            "expires_at": {"N": str(int(now + REJECTED_SECONDS))},
        }
        with dynamodb_errors("Verified tokens cannot be deleted."):
            self._client.put_item(TableName=self._table_name, Item=self._key(token) | item)

    def _key(self, token: str) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self._scope}\n{token}".encode()).hexdigest()
        return {"pk": {"S": f"confirmed#{digest}"}, "sk": {"S": "confirmed"}}
