"""Changes of number lists: who made them, when, and how many numbers they concerned.

The items contain no number and no hash of one.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.errors import UNREADABLE, UnreadableItemError

PARTITION = "list-changes"

ListAction = Literal["import", "add", "remove", "forget"]
_ACTIONS: tuple[ListAction, ...] = ("import", "add", "remove", "forget")


@dataclass(frozen=True, slots=True)
class ListChange:
    """A change of a list at an ISO 8601 time.

    `added`, `already_there` and `removed` are numbers of entries. `file` is the name of an imported
    file. `finished` is False while the change is being made, and stays False if it was interrupted.
    """

    name: str
    action: ListAction
    author: str
    changed_at: str
    added: int = 0
    already_there: int = 0
    removed: int = 0
    file: str = ""
    finished: bool = False


class ListChanges:
    """The changes in one table. All methods raise DynamoDBError."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def record(self, change: ListChange, key: str = "") -> str:
        """Record a change and return its key, by which it can be recorded again when it is over."""
        key = key or f"{change.changed_at}#{secrets.token_hex(4)}"
        item = {
            "pk": {"S": PARTITION},
            "sk": {"S": key},
            "list": {"S": change.name},
            "action": {"S": change.action},
            "author": {"S": change.author},
            "changed_at": {"S": change.changed_at},
            "added": {"N": str(change.added)},
            "already_there": {"N": str(change.already_there)},
            "removed": {"N": str(change.removed)},
            "file": {"S": change.file},
            "finished": {"BOOL": change.finished},
        }
        with dynamodb_errors("The change of the list cannot be recorded."):
            self._client.put_item(TableName=self._table_name, Item=item)
        return key

    def newest_first(self) -> Iterator[ListChange]:
        """Yield all changes."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :partition",
            ExpressionAttributeValues={":partition": {"S": PARTITION}},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        with dynamodb_errors("The changes of lists cannot be read."):
            for page in pages:
                yield from map(_to_change, page["Items"])


def _to_change(item: Mapping[str, Any]) -> ListChange:
    try:
        return ListChange(
            name=item["list"]["S"],
            action=_ACTIONS[_ACTIONS.index(item["action"]["S"])],
            author=item["author"]["S"],
            changed_at=item["changed_at"]["S"],
            added=int(item["added"]["N"]),
            already_there=int(item["already_there"]["N"]),
            removed=int(item["removed"]["N"]),
            file=item["file"]["S"],
            finished=item["finished"]["BOOL"],
        )
    except UNREADABLE as error:
        raise UnreadableItemError("A change of a list has an unknown form.") from error
