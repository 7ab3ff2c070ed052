"""Facts from Salesforce, cached for all sandboxes until their TTL ends.

There is one item for each record, for each agent, and for the object of each custom key prefix.
`data` is JSON: the attributes that the plan uses, and the shape (fields) that they were read with.
`read_at` is the time before Salesforce was asked, so that the item with the latest answer is kept.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from functools import partial
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.deadline import run_together
from click_to_dial.dialplan import DialPlan
from click_to_dial.dynamodb import number_lists
from click_to_dial.dynamodb.items import check_size
from click_to_dial.errors import (
    UNREADABLE,
    ConditionFailedError,
    DynamoDBError,
    UnreadableItemError,
)
from click_to_dial.model import Agent, Attributes, Record
from click_to_dial.ports import (
    MAX_SECONDS_AHEAD,
    NOT_FOUND_SECONDS,
    CachedFacts,
    SalesforceResult,
    StoredItem,
)
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix

SORT_KEY = "facts"
MAX_KEYS = 100
"""Maximum number of keys of BatchGetItem."""

RETRY_PAUSE_SECONDS = 0.02
"""Pause before keys that DynamoDB left unprocessed are requested again."""

OBJECT_NAME_SECONDS = 30 * 24 * 3600

TOO_LARGE = "Facts of more than 400 KB cannot be cached: the plan reads very long texts."

NOT_LATER = (
    "attribute_not_exists(read_at) OR NOT attribute_type(read_at, :number) "
    "OR read_at <= :read_at OR read_at > :ahead"
)
"""Condition of a write: no later answer is cached, except one from a clock that is far ahead."""

Data = Mapping[str, Any]
Item = Mapping[str, Any]
Key = Mapping[str, Any]


class DynamoDBFacts:
    """The port `FactsCache`. `org` is the organisation's host, which separates organisations."""

    def __init__(
        self, client: AwsClient, table_name: str, org: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._org = org
        self._clock = clock
        self._known_objects: dict[str, str] = {}
        """Objects by the keys of items that this sandbox has read or written."""

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """Send one BatchGetItem; for more than 100 keys, several at the same time.

        Facts that DynamoDB does not return, and unreadable ones, count as not cached. Raises
        DynamoDBError if nothing could be read.
        """
        agent_key, record_key = self._agent_key(plan, agent_uid), self._record_key(record_id or "")
        object_key = self._object_key(record_id or "")
        readers: dict[str, Callable[[Any], Any]] = {agent_key: partial(_agent, plan)}
        if record_id is not None:
            readers[record_key] = partial(_record, plan)
            if key_prefix(record_id) not in STANDARD_OBJECTS:
                readers[object_key] = _object_name
        wanted = [*map(_item_key, readers), *map(number_lists.item_key, others)]
        found, unread, failure = self._get(wanted, consistent=bool(plan.salesforce_lists))
        items: dict[str, StoredItem | None] = {
            key: number_lists.to_stored_item(found[key]) if key in found else None
            for key in others
            if key in found or key in unread
        }
        facts: dict[str, tuple[Any, float]] = {}
        now = self._clock()
        for key in readers.keys() & found.keys():
            try:
                age = _age(found[key], now)
                if age is not None:
                    facts[key] = readers[key](json.loads(found[key]["data"]["S"])), age
            except UNREADABLE:
                failure = UnreadableItemError("A cached fact has an unknown form.")
        record, record_age = facts.get(record_key, (None, 0.0))
        agent, agent_age = facts.get(agent_key, (None, 0.0))
        name, _ = facts.get(object_key, (None, 0.0))
        if name is None:  # it expired, or was deleted
            self._known_objects.pop(object_key, None)
        else:
            self._known_objects[object_key] = name
        return CachedFacts(record, record_age, agent, agent_age, name, items, failure)

    def write(
        self,
        plan: DialPlan,
        record_id: str | None,
        agent_uid: str,
        result: SalesforceResult,
        asked_at: float,
    ) -> None:
        """Send one UpdateItem for each part of `result` that is to be cached, side by side.

        An item with a later answer is left as it is. Raises DynamoDBError.
        """
        parts: list[tuple[str, Data, float]] = []  # key, data and end of validity
        objects: dict[str, str] = {}
        if isinstance(result.agent, Agent):
            data = {
                "shape": _agent_shape(plan),
                "known": result.agent.known,
                "values": result.agent.attributes,
            }
            seconds = _seconds(plan, result.agent.known, plan.freshness.agent)
            parts.append((self._agent_key(plan, agent_uid), data, asked_at + seconds))
        if isinstance(result.record, Record) and record_id is not None:
            name, valid_until = result.record.object_name, result.record.valid_until
            data = {
                "shape": _record_shape(plan, name),
                "found": result.record.found,
                "object": name,
                "values": result.record.attributes,
                "numbers": result.record.numbers,
            }
            ends = asked_at + _seconds(plan, result.record.found, plan.freshness.record)
            ends = ends if valid_until is None else min(ends, valid_until)
            parts.append((self._record_key(record_id), data, ends))
            key = self._object_key(record_id)
            is_custom = key_prefix(record_id) not in STANDARD_OBJECTS
            if name is not None and is_custom and self._known_objects.get(key) != name:
                objects = {key: name}
                parts.append((key, {"object": name}, asked_at + OBJECT_NAME_SECONDS))
        writes = [partial(self._put, *part, asked_at) for part in parts if part[2] > asked_at]
        for error in run_together(writes):
            if error is not None:
                raise error
        self._known_objects |= objects

    def _get(
        self, keys: Sequence[Key], *, consistent: bool
    ) -> tuple[Mapping[str, Item], Set[str], DynamoDBError | None]:
        """Return the items found, the partition keys that were not read, and the reason for these.

        With `consistent`, what a run of a list has just written is found for certain. Raises
        DynamoDBError if no key was read.
        """
        batches = [keys[at : at + MAX_KEYS] for at in range(0, len(keys), MAX_KEYS)]
        found: dict[str, Item] = {}
        unread: set[str] = set()
        failure: DynamoDBError | None = None
        results = run_together([partial(self._get_batch, batch, consistent) for batch in batches])
        for batch, result in zip(batches, results, strict=True):
            if isinstance(result, DynamoDBError):
                failure, left = result, batch
            elif isinstance(result, Exception):
                raise result
            else:
                items, left = result
                found |= items
            unread |= {key["pk"]["S"] for key in left}
        if failure is not None and len(unread) == len(keys):
            raise failure
        if unread and failure is None:
            failure = DynamoDBError("Facts cannot be read.", code="UnprocessedKeys")
        return found, unread, failure

    def _get_batch(
        self, keys: Sequence[Key], consistent: bool
    ) -> tuple[Mapping[str, Item], Sequence[Key]]:
        """Return the items by partition key, and the keys that DynamoDB left unprocessed twice."""
        found, left = self._get_once(keys, consistent)
        if left:
            time.sleep(RETRY_PAUSE_SECONDS)
            with suppress(DynamoDBError):  # what was read is not lost
                more, left = self._get_once(left, consistent)
                found |= more
        return found, left

    def _get_once(
        self, keys: Sequence[Key], consistent: bool
    ) -> tuple[dict[str, Item], Sequence[Key]]:
        with dynamodb_errors("Facts cannot be read."):
            wanted = {"Keys": keys, **({"ConsistentRead": True} if consistent else {})}
            response = self._client.batch_get_item(RequestItems={self._table_name: wanted})
            left = response.get("UnprocessedKeys", {}).get(self._table_name, {}).get("Keys", ())
            items = response.get("Responses", {}).get(self._table_name)
            if items is None and not left:  # a number on a list must not count as not listed
                raise DynamoDBError("Facts cannot be read.", code="InvalidResponseError")
            return {item["pk"]["S"]: item for item in items or ()}, left

    def _put(self, key: str, data: Data, valid_until: float, asked_at: float) -> None:
        """Write an item unless a later answer is cached."""
        values = {
            "data": {"S": json.dumps(data)},
            "read_at": {"N": f"{asked_at:.3f}"},
            "expires_at": {"N": str(int(valid_until))},
        }
        check_size({**_item_key(key), **values}, TOO_LARGE)
        with suppress(ConditionFailedError), dynamodb_errors("Facts cannot be written."):
            self._client.update_item(
                TableName=self._table_name,
                Key=_item_key(key),
                UpdateExpression="SET #data = :data, read_at = :read_at, expires_at = :expires_at",
                ConditionExpression=NOT_LATER,
                ExpressionAttributeNames={"#data": "data"},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in values.items()},
                    ":number": {"S": "N"},
                    ":ahead": {"N": f"{self._clock() + MAX_SECONDS_AHEAD:.3f}"},
                },
            )

    def _record_key(self, record_id: str) -> str:
        return f"record#{self._org}#{record_id}"

    def _agent_key(self, plan: DialPlan, agent_uid: str) -> str:
        """Return the key of an agent: a hash, because the AgentUID identifies a person."""
        digest = hashlib.sha256(plan.agent_key(agent_uid).encode()).hexdigest()
        return f"agent#{self._org}#{digest}"

    def _object_key(self, record_id: str) -> str:
        return f"object#{self._org}#{key_prefix(record_id)}"


def _item_key(key: str) -> Key:
    return {"pk": {"S": key}, "sk": {"S": SORT_KEY}}


def _seconds(plan: DialPlan, found: bool, fresh: int) -> int:
    return max(fresh, plan.freshness.stale_if_error) if found else NOT_FOUND_SECONDS


def _age(item: Mapping[str, Any], now: float) -> float | None:
    """Return the age, never negative; None if expired, since DynamoDB deletes late.

    None, too, if the clock of the sandbox that wrote the facts was far ahead.
    """
    age = now - float(item["read_at"]["N"])
    if float(item["expires_at"]["N"]) <= now or age < -MAX_SECONDS_AHEAD:
        return None
    return max(0.0, age)


def _record(plan: DialPlan, data: Data) -> Record | None:
    found, name = data["found"], data["object"]
    if not isinstance(found, bool) or not isinstance(name, str | None):
        raise TypeError
    values, numbers = _attributes(data), tuple(data.get("numbers", ()))
    if not all(isinstance(number, str) for number in numbers):
        raise TypeError
    if data["shape"] != _record_shape(plan, name):
        return None
    return Record(
        found, None if name is None else plan.object_fields(name)[0], values, numbers=numbers
    )


def _agent(plan: DialPlan, data: Data) -> Agent | None:
    if not isinstance(data["known"], bool):
        raise TypeError
    values = _attributes(data)
    return Agent(data["known"], values) if data["shape"] == _agent_shape(plan) else None


def _object_name(data: Data) -> str:
    if not isinstance(data["object"], str):
        raise TypeError
    return data["object"]


def _attributes(data: Data) -> Attributes:
    values: Attributes = data["values"]
    if not all(isinstance(value, str | int | float) for value in values.values()):
        raise TypeError
    return values


def _record_shape(plan: DialPlan, object_name: str | None) -> str:
    """Return the shape of a record. The reading of its numbers is part of it."""
    name, fields = plan.object_fields(object_name or "")
    numbers = plan.numbers.get(name)
    return _shape({**fields, "": f"{numbers} {plan.numbering}"} if numbers else fields)


def _agent_shape(plan: DialPlan) -> str:
    return _shape({"": plan.agent_match, **plan.agent_attributes})


def _shape(fields: Mapping[str, str]) -> str:
    """Return a hash of the fields, so that facts of a plan with other fields are not used.

    Salesforce ignores the case of fields.
    """
    shape = {name: field.lower() for name, field in fields.items()}
    return hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16]
