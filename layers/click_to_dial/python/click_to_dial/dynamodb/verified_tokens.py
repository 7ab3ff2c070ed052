"""Which access tokens Salesforce confirmed, by their hashes, so that they outlast its outages."""

import hashlib
import time
from collections.abc import Callable, Mapping
from typing import Any

from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.errors import DynamoDBError


class VerifiedTokens:
    """The port `Confirmations`. A token is good for `keep_seconds` after it was confirmed.

    `scope` says by which rules it was: where they change, it must be confirmed anew.
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
        """Notes that Salesforce has just confirmed `token`. Raises DynamoDBError."""
        now = self._clock()
        item = {
            "user_id": {"S": user_id},
            "confirmed_at": {"N": f"{now:.3f}"},
            "expires_at": {"N": str(int(now + self._keep_seconds))},
        }
        self._call("PutItem", Item=self._key(token) | item)

    def user_of(self, token: str) -> str | None:
        """The user id of a token that is still good; None of any other. Raises DynamoDBError."""
        answer = self._call("GetItem", Key=self._key(token), ConsistentRead=True)
        item = answer.get("Item")
        # Compared here too: DynamoDB deletes late, and `keep_seconds` may have become less.
        if not item or self._clock() - float(item["confirmed_at"]["N"]) >= self._keep_seconds:
            return None
        return str(item["user_id"]["S"])

    def forget(self, token: str) -> None:
        """Notes that `token` is no longer good. Raises DynamoDBError."""
        self._call("DeleteItem", Key=self._key(token))

    def _key(self, token: str) -> dict[str, Any]:
        digest = hashlib.sha256(f"{self._scope}\n{token}".encode()).hexdigest()
        return {"pk": {"S": f"confirmed#{digest}"}, "sk": {"S": "confirmed"}}

    def _call(self, operation: str, **request: Any) -> Mapping[str, Any]:
        try:
            return self._client(operation, TableName=self._table_name, **request)
        except AwsError as error:
            raise DynamoDBError(f"Confirmations: {error.code}.") from None
