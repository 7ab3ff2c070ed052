"""The calls that a number got, changed by one conditional write, so that limits are exact."""

from collections.abc import Mapping
from typing import Any

from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.dynamodb.facts_cache import ENTRY, to_item
from click_to_dial.errors import DynamoDBError
from click_to_dial.ports import StoredItem


class DynamoDBAttempts:
    """The port `Attempts`."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, key: str) -> StoredItem | None:
        """The item as it is now. Raises DynamoDBError."""
        try:
            response = self._client(
                "GetItem", TableName=self._table_name, Key=_key(key), ConsistentRead=True
            )
        except AwsError as error:
            raise DynamoDBError(f"Attempts cannot be read: {error.code}.") from error
        return to_item(response["Item"]) if "Item" in response else None

    def replace(self, key: str, before: StoredItem | None, after: StoredItem) -> bool:
        """Writes `after` unless somebody else has written since `before` was read.

        Raises DynamoDBError.
        """
        values = {":after": {"S": after.data}, ":until": {"N": str(int(after.expires_at or 0) + 1)}}
        condition = "attribute_not_exists(pk)"
        if before is not None:
            condition, values[":before"] = "#data = :before", {"S": before.data}
        try:
            self._client(
                "UpdateItem",
                TableName=self._table_name,
                Key=_key(key),
                UpdateExpression="SET #data = :after, expires_at = :until",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#data": "data"},
                ExpressionAttributeValues=values,
            )
        except AwsError as error:
            if error.is_condition_failure:
                return False
            raise DynamoDBError(f"Attempts cannot be kept: {error.code}.") from error
        return True


def _key(key: str) -> Mapping[str, Any]:
    return {"pk": {"S": key}, "sk": {"S": ENTRY}}
