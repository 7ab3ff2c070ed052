"""Lists of numbers in DynamoDB."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from click_to_dial.decision.number_lookups import entry_keys
from click_to_dial.dynamodb.facts_cache import ENTRY
from dialplan_cli.number_lists import Entry, ListError
from dialplan_cli.targets import Target

IN_ONE_REQUEST = 25
"""The most entries that BatchWriteItem takes."""

REQUESTS_AT_ONCE = 8
"""So that a long import waits for our own work and not for the network."""

AT_ONCE = IN_ONE_REQUEST * REQUESTS_AT_ONCE

_PATIENCE = 8  # tries, each twice as long after the one before: about 13 s in all


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it is kept: `key` is what stands behind the list's name, hash or prefix."""

    key: str
    reason: str
    source: str
    expires_at: int | None

    @property
    def counts(self) -> bool:
        """Whether it has not ended yet."""
        return self.expires_at is None or self.expires_at > time.time()


@dataclass(frozen=True, slots=True)
class NumberList:
    """The list `name` of a system."""

    name: str
    target: Target
    client: Any

    def put(self, entries: Iterable[Entry]) -> None:
        """Writes entries; of those of one number the last counts, and replaces one of before.

        Raises ListError where DynamoDB does not take them all: then some may be written.
        """
        left = list({entry.number: entry for entry in entries}.values())
        requests = [left[at : at + IN_ONE_REQUEST] for at in range(0, len(left), IN_ONE_REQUEST)]
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            list(pool.map(self._put, requests))

    def _put(self, entries: Sequence[Entry]) -> None:
        pseudonym = self.target.pseudonym
        left = [{"PutRequest": {"Item": each.item(self.name, pseudonym)}} for each in entries]
        table = self.target.settings.table_name
        for attempt in range(_PATIENCE):
            answer = self.client.batch_write_item(RequestItems={table: left})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            if not left:
                return
            time.sleep(0.05 * 2**attempt)
        raise ListError("DynamoDB takes no more entries at the moment.")

    def remove(self, entry: Entry) -> bool:
        """Whether it was there."""
        answer = self.client.delete_item(
            TableName=self.target.settings.table_name,
            Key={"pk": {"S": entry.key(self.name, self.target.pseudonym)}, "sk": {"S": ENTRY}},
            ReturnValues="ALL_OLD",
        )
        return "Attributes" in answer

    def entries_of(self, number: str) -> list[StoredEntry]:
        """The entries that list a number: its own, and those of its prefixes."""
        table = self.target.settings.table_name
        keys = entry_keys(self.name, number, self.target.pseudonym)
        wanted = [{"pk": {"S": key}, "sk": {"S": ENTRY}} for key in keys]
        answer = self.client.batch_get_item(RequestItems={table: {"Keys": wanted}})
        if answer.get("UnprocessedKeys"):
            raise ListError("DynamoDB does not answer at the moment.")
        return list(self._kept(answer["Responses"][table]))

    def all_entries(self) -> Iterator[StoredEntry]:
        """All of them, which reads the whole table: keys are spread, so that imports are fast."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.target.settings.table_name,
            FilterExpression="begins_with(pk, :list)",
            ExpressionAttributeValues={":list": {"S": f"list#{self.name}#"}},
        )
        for page in pages:
            yield from self._kept(page["Items"])

    def _kept(self, items: Iterable[Any]) -> Iterator[StoredEntry]:
        for item in items:
            data = json.loads(item["data"]["S"])
            expires_at = int(item["expires_at"]["N"]) if "expires_at" in item else None
            key = item["pk"]["S"].removeprefix(f"list#{self.name}#")
            yield StoredEntry(key, data["reason"], data["source"], expires_at)
