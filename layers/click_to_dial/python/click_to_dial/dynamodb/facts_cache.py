"""Facts from Salesforce, cached for all sandboxes until their TTL ends.

There is one item for each record, for each agent, and for the object of each custom key prefix.
`data` is JSON: the attributes that the plan uses, and the shape (fields) that they were read with.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.deadline import begin
from click_to_dial.dialplan import DialPlan
from click_to_dial.dynamodb import number_lists
from click_to_dial.errors import UNREADABLE, DynamoDBError, UnreadableItemError
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

OBJECT_NAME_SECONDS = 30 * 24 * 3600

Data = Mapping[str, Any]


class DynamoDBFacts:
    """The port `FactsCache`. `org` is the organisation's host, which separates organisations."""

    def __init__(
        self, client: AwsClient, table_name: str, org: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._org = org
        self._clock = clock

    def read(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, others: Sequence[str] = ()
    ) -> CachedFacts:
        """Send one BatchGetItem; for more than 100 keys, several at the same time.

        Facts that DynamoDB leaves unprocessed, and unreadable ones, count as not cached.

        Raises DynamoDBError.
        """
        agent_key, record_key = self._agent_key(agent_uid), self._record_key(record_id or "")
        object_key = self._object_key(record_id or "")
        readers: dict[str, Callable[[Any], Any]] = {agent_key: partial(_agent, plan)}
        if record_id is not None:
            readers[record_key] = partial(_record, plan)
            if key_prefix(record_id) not in STANDARD_OBJECTS:
                readers[object_key] = _object_name
        found, items = self._get(list(readers), others)
        facts: dict[str, tuple[Any, float]] = {}
        failure = None
        now = self._clock()
        for item in found:
            key = item["pk"]["S"]
            try:
                age = _age(item, now)
                if age is not None:
                    facts[key] = readers[key](json.loads(item["data"]["S"])), age
            except UNREADABLE:
                failure = UnreadableItemError("A cached fact has an unknown form.")
        record, record_age = facts.get(record_key, (None, 0.0))
        agent, agent_age = facts.get(agent_key, (None, 0.0))
        name, _ = facts.get(object_key, (None, 0.0))
        return CachedFacts(record, record_age, agent, agent_age, name, items, failure)

    def write(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, result: SalesforceResult
    ) -> None:
        """Send one BatchWriteItem with the parts of `result` that are to be cached.

        Raises DynamoDBError.
        """
        parts: list[tuple[str, Data, int]] = []
        if isinstance(result.agent, Agent):
            data = {
                "shape": _agent_shape(plan),
                "known": result.agent.known,
                "values": result.agent.attributes,
            }
            seconds = _seconds(plan, result.agent.known, plan.freshness.agent)
            parts.append((self._agent_key(agent_uid), data, seconds))
        if isinstance(result.record, Record) and record_id is not None:
            name = result.record.object_name
            data = {
                "shape": _record_shape(plan, name),
                "found": result.record.found,
                "object": name,
                "values": result.record.attributes,
                "numbers": result.record.numbers,
            }
            seconds = _seconds(plan, result.record.found, plan.freshness.record)
            parts.append((self._record_key(record_id), data, seconds))
            if name is not None and key_prefix(record_id) not in STANDARD_OBJECTS:
                key = self._object_key(record_id)
                parts.append((key, {"object": name}, OBJECT_NAME_SECONDS))
        puts = [{"PutRequest": {"Item": self._item(*part)}} for part in parts if part[2] > 0]
        if not puts:
            return
        with dynamodb_errors("Facts cannot be written."):
            self._client.batch_write_item(RequestItems={self._table_name: puts})

    def _get(
        self, keys: Sequence[str], others: Sequence[str]
    ) -> tuple[list[Mapping[str, Any]], dict[str, StoredItem] | None]:
        """Return the items of facts, and the other items by key.

        The latter are None if DynamoDB left one of them unprocessed.
        """
        wanted = [{"pk": {"S": key}, "sk": {"S": SORT_KEY}} for key in keys]
        wanted += [number_lists.item_key(key) for key in others]
        batches = [wanted[at : at + MAX_KEYS] for at in range(0, len(wanted), MAX_KEYS)]
        others_begun = [begin(partial(self._get_batch, batch)) for batch in batches[1:]]
        found, left = self._get_batch(batches[0])
        for outcomes in others_begun:
            result, error = outcomes.get()
            if result is None:
                raise error or DynamoDBError("Facts cannot be read.")
            found, left = [*found, *result[0]], [*left, *result[1]]
        facts = [item for item in found if item["sk"]["S"] == SORT_KEY]
        items = {
            item["pk"]["S"]: number_lists.to_stored_item(item)
            for item in found
            if item["sk"]["S"] == number_lists.SORT_KEY
        }
        complete = all(key["sk"]["S"] != number_lists.SORT_KEY for key in left)
        return facts, items if complete else None

    def _get_batch(self, wanted: Sequence[Any]) -> tuple[Sequence[Any], Sequence[Any]]:
        """Return the items found, and the keys that DynamoDB left unprocessed."""
        with dynamodb_errors("Facts cannot be read."):
            response = self._client.batch_get_item(
                RequestItems={self._table_name: {"Keys": wanted}}
            )
        if "Responses" not in response:  # a number on a list must not count as not listed
            raise DynamoDBError("Facts cannot be read.", code="InvalidResponse")
        left = response.get("UnprocessedKeys", {}).get(self._table_name, {"Keys": ()})["Keys"]
        return response["Responses"].get(self._table_name, ()), left

    def _item(self, key: str, data: Data, keep_seconds: float) -> Mapping[str, Any]:
        now = self._clock()
        return {
            "pk": {"S": key},
            "sk": {"S": SORT_KEY},
            "data": {"S": json.dumps(data)},
            "read_at": {"N": f"{now:.3f}"},
            "expires_at": {"N": str(int(now + keep_seconds))},
        }

    def _record_key(self, record_id: str) -> str:
        return f"record#{self._org}#{record_id}"

    def _agent_key(self, agent_uid: str) -> str:
        """Return the key of an agent: a hash, because the AgentUID identifies a person."""
        return f"agent#{self._org}#{hashlib.sha256(agent_uid.encode()).hexdigest()}"

    def _object_key(self, record_id: str) -> str:
        return f"object#{self._org}#{key_prefix(record_id)}"


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
    return Record(found, None if name is None else plan.object_fields(name)[0], values, numbers)


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
