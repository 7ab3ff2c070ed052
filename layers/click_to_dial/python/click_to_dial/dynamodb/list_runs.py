"""Runs that read lists from Salesforce: how far they have come, and the entries that they see.

One item for each list has the state of its last run and a lease, which keeps two runs apart. It is
written only if it is unchanged since it was read, so that a run whose lease was taken notices it.
An entry is written only if no later run has seen it. Therefore a run that continues although
another one has taken over can add entries, but never hides that they were seen.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.dynamodb.number_lists import CHUNK, item_key, read_items
from click_to_dial.errors import (
    UNREADABLE,
    ConditionFailedError,
    DynamoDBError,
    RunLostError,
    UnreadableItemError,
)
from click_to_dial.ports import ListRun, Origins, SeenEntries, StoredRun

CONCURRENCY = 16
"""Requests at the same time. A run writes each entry with a request of its own."""
MAX_TRIES = 4
"""An entry is read again if it was changed after it was read."""

Item = Mapping[str, Any]


class DynamoDBListRuns:
    """The port `ListRuns`. All methods raise DynamoDBError."""

    def __init__(self, client: AwsClient, table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def read(self, name: str) -> StoredRun | None:
        """Return the last run of a list, or None if there is none."""
        with dynamodb_errors("The run of a list cannot be read."):
            response = self._client.get_item(
                TableName=self._table_name, Key=_run_key(name), ConsistentRead=True
            )
        item = response.get("Item")
        return None if item is None else _to_run(item)

    def write(
        self, name: str, run: ListRun, before: StoredRun | None, lease_until: float
    ) -> StoredRun:
        """Write the state of a run, and return it as stored.

        `before` is the state that it replaces. Raises RunLostError if that is no longer stored.
        """
        revision = 1 if before is None else before.revision + 1
        condition = "attribute_not_exists(pk)"
        values = {":token": {"S": uuid.uuid4().hex}}
        if before is not None:
            condition, values[":before"] = "revision = :before", {"N": str(before.revision)}
        item = {
            **_run_key(name),
            "revision": {"N": str(revision)},
            "write": values[":token"],
            "lease_until": {"N": f"{lease_until:.3f}"},
            "number": {"N": str(run.number)},
            "data": {"S": json.dumps(run._asdict())},
        }
        # The last part is true if boto3 sends the request again because the response was lost.
        condition = f"{condition} OR #write = :token"
        try:
            with dynamodb_errors("The run of a list cannot be written."):
                self._client.put_item(
                    TableName=self._table_name,
                    Item=item,
                    ConditionExpression=condition,
                    ExpressionAttributeNames={"#write": "write"},
                    ExpressionAttributeValues=values,
                )
        except ConditionFailedError:
            raise RunLostError("Another run of the list has begun.") from None
        return StoredRun(run, revision, lease_until)

    def see(self, run: ListRun, origins: Origins) -> SeenEntries:
        """Write that the run has seen these entries, and return how many of them are new to it.

        If it raises an error, some of the entries may have been written. Raises RunLostError if a
        later run has seen one of them.
        """
        keys = list(origins)
        existing = {item["pk"]["S"]: item for item in self._read(keys)}
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            outcomes = list(
                pool.map(lambda key: self._see(run, key, origins[key], existing.get(key)), keys)
            )
        return SeenEntries(
            new=sum(is_new for is_new, _ in outcomes),
            kept=sum(is_new and is_kept for is_new, is_kept in outcomes),
        )

    def count_seen(self, run_number: int, keys: Sequence[str]) -> int:
        """Return how many of the entries this run has seen. Of run 0, it is none."""
        return sum(
            run_number > 0 and run_number in _seen_by(item)[::2] for item in self._read(keys)
        )

    def delete_older(self, name: str, run_number: int) -> int:
        """Delete the entries of a list that no run from this one on has seen. Return their number.

        This reads the whole table, but only keys and numbers of runs.
        """
        keys = list(self._older(name, run_number))
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return sum(pool.map(partial(self._delete_if_older, run_number), keys))

    def _read(self, keys: Sequence[str]) -> list[Item]:
        """Return the existing entries of any number of different keys."""
        chunks = [keys[at : at + CHUNK] for at in range(0, len(keys), CHUNK)]
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            read = partial(read_items, self._client, self._table_name)
            return [
                item for items in pool.map(lambda each: [*read(each)], chunks) for item in items
            ]

    def _see(
        self, run: ListRun, key: str, origin: Mapping[str, str], item: Item | None
    ) -> tuple[bool, bool]:
        """Write that the run has seen an entry.

        Return whether it is new to the run, and whether the last completed run had seen it.
        """
        for _ in range(MAX_TRIES):
            last, page, kept = _seen_by(item)
            if last > run.number:
                raise RunLostError("A later run of the list has seen an entry already.")
            if last == run.number:  # on this page before it was read again, or on an earlier one
                return page == run.pages, kept == run.last_completed > 0
            kept = last if last == run.last_completed else kept
            condition = "attribute_not_exists(#run)" if last == 0 else "#run = :last"
            values = {} if last == 0 else {":last": {"N": str(last)}}
            new = {
                **item_key(key),
                "data": {"S": json.dumps(origin, ensure_ascii=False)},
                "run": {"N": str(run.number)},
                "page": {"N": str(run.pages)},
                "kept": {"N": str(kept)},
            }
            try:
                with dynamodb_errors("The list entries cannot be written."):
                    self._client.put_item(
                        TableName=self._table_name,
                        Item=new,
                        ConditionExpression=condition,
                        ExpressionAttributeNames={"#run": "run"},
                        **({"ExpressionAttributeValues": values} if values else {}),
                    )
            except ConditionFailedError:
                item = next(iter(read_items(self._client, self._table_name, [key])), None)
                continue
            return True, kept == run.last_completed > 0
        raise DynamoDBError("An entry of a list is being changed by others.")

    def _older(self, name: str, run_number: int) -> Iterator[str]:
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table_name,
            Select="SPECIFIC_ATTRIBUTES",  # the role may not read more
            ProjectionExpression="pk",
            FilterExpression="begins_with(pk, :prefix) AND #run < :number",
            ExpressionAttributeNames={"#run": "run"},
            ExpressionAttributeValues={
                ":prefix": {"S": f"list#{name}#"},
                ":number": {"N": str(run_number)},
            },
        )
        with dynamodb_errors("The list entries cannot be read."):
            for page in pages:
                yield from (item["pk"]["S"] for item in page["Items"])

    def _delete_if_older(self, run_number: int, key: str) -> bool:
        try:
            with dynamodb_errors("The list entries cannot be deleted."):
                self._client.delete_item(
                    TableName=self._table_name,
                    Key=item_key(key),
                    ConditionExpression="#run < :number",
                    ExpressionAttributeNames={"#run": "run"},
                    ExpressionAttributeValues={":number": {"N": str(run_number)}},
                )
        except ConditionFailedError:  # a run has seen it again
            return False
        return True


def _run_key(name: str) -> dict[str, Any]:
    return {"pk": {"S": f"list-run#{name}"}, "sk": {"S": "run"}}


def _to_run(item: Item) -> StoredRun:
    """Return the run in an item. Raises UnreadableItemError.

    If another release wrote `data` in an unknown form, only the number is used, so that the next
    run begins again and has a larger one.
    """
    try:
        revision, lease_until = int(item["revision"]["N"]), float(item["lease_until"]["N"])
        number = int(item["number"]["N"])
    except UNREADABLE as error:
        raise UnreadableItemError(
            f"The item {item['pk']['S']} in the table has an unknown form. Delete it, then run: "
            "dialplan sync"
        ) from error
    try:
        run = ListRun(**json.loads(item["data"]["S"]))
    except UNREADABLE:
        run = ListRun(number, "", 0.0, 0, 0)
    return StoredRun(run, revision, lease_until)


def _seen_by(item: Item | None) -> tuple[int, int, int]:
    """Return the run and the page that an entry was last seen in, and the last completed run.

    They are 0 for an entry that no run has seen.
    """
    run, page, kept = ((item or {}).get(name, {}).get("N", "0") for name in ("run", "page", "kept"))
    return int(run), int(page), int(kept)
