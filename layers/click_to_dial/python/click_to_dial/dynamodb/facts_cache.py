"""What Salesforce said earlier, kept for all sandboxes until its TTL ends.

One item each for a record, an agent and the object of a custom key prefix. `data` holds JSON: the
attributes that the plan names, and the shape (fields) that they were read with.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import DynamoDBError
from click_to_dial.model import Agent, Record
from click_to_dial.ports import NOT_FOUND_SECONDS, CachedFacts, SalesforceResult, StoredItem
from click_to_dial.salesforce_id import STANDARD_OBJECTS, key_prefix

OBJECT_NAME_SECONDS = 30 * 24 * 3600

ENTRY = "entry"
"""The sort key of entries of lists, and of attempts."""

Data = Mapping[str, Any]


class DynamoDBFacts:
    """The port `FactsCache`. `org`, the organisation's host, keeps those of two apart."""

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
        """One BatchGetItem. Facts that DynamoDB leaves unprocessed count as not kept.

        Raises DynamoDBError.
        """
        keys = [self._agent_key(agent_uid)]
        if record_id is not None:
            keys.append(self._record_key(record_id))
            if key_prefix(record_id) not in STANDARD_OBJECTS:
                keys.append(self._object_key(record_id))
        kept, items = self._kept(keys, others)
        agent, agent_age = kept.get(self._agent_key(agent_uid), ({}, 0.0))
        record, record_age = kept.get(self._record_key(record_id or ""), ({}, 0.0))
        name, _ = kept.get(self._object_key(record_id or ""), ({}, 0.0))
        return CachedFacts(
            record=_record(plan, record),
            record_age=record_age,
            agent=_agent(plan, agent),
            agent_age=agent_age,
            object_name=name.get("object"),
            items=items,
        )

    def write(
        self, plan: DialPlan, record_id: str | None, agent_uid: str, result: SalesforceResult
    ) -> None:
        """One BatchWriteItem with what is no error, and is to be kept. Raises DynamoDBError."""
        kept: list[tuple[str, Data, int]] = []
        if isinstance(result.agent, Agent):
            data = {
                "shape": _agent_shape(plan),
                "known": result.agent.known,
                "values": result.agent.attributes,
            }
            keep = _seconds(plan, result.agent.known, plan.freshness.agent)
            kept.append((self._agent_key(agent_uid), data, keep))
        if isinstance(result.record, Record) and record_id is not None:
            name = result.record.object_name
            data = {
                "shape": _record_shape(plan, name),
                "found": result.record.found,
                "object": name,
                "values": result.record.attributes,
            }
            keep = _seconds(plan, result.record.found, plan.freshness.record)
            kept.append((self._record_key(record_id), data, keep))
            if name is not None and key_prefix(record_id) not in STANDARD_OBJECTS:
                key = self._object_key(record_id)
                kept.append((key, {"object": name}, OBJECT_NAME_SECONDS))
        puts = [{"PutRequest": {"Item": self._item(*each)}} for each in kept if each[2] > 0]
        if not puts:
            return
        try:
            self._client("BatchWriteItem", RequestItems={self._table_name: puts})
        except AwsError as error:
            raise DynamoDBError(f"Facts cannot be kept: {error.code}.") from error

    def _kept(
        self, keys: Sequence[str], others: Sequence[str]
    ) -> tuple[dict[str, tuple[Data, float]], dict[str, StoredItem] | None]:
        """Data and age by key; the TTL is compared here too, since DynamoDB deletes late.

        No age is below zero, however far ahead the clock was of the sandbox that wrote.

        And the other items, or None where DynamoDB has left one of them unprocessed.
        """
        pairs = [(key, "facts") for key in keys] + [(key, ENTRY) for key in others]
        wanted = {"Keys": [{"pk": {"S": key}, "sk": {"S": kind}} for key, kind in pairs]}
        try:
            response = self._client("BatchGetItem", RequestItems={self._table_name: wanted})
        except AwsError as error:
            raise DynamoDBError(f"Facts cannot be read: {error.code}.") from error
        now = self._clock()
        found = response["Responses"].get(self._table_name, ())
        facts = {
            item["pk"]["S"]: (
                json.loads(item["data"]["S"]),
                max(0.0, now - float(item["read_at"]["N"])),
            )
            for item in found
            if item["sk"]["S"] == "facts" and float(item["expires_at"]["N"]) > now
        }
        left = response.get("UnprocessedKeys", {}).get(self._table_name, {"Keys": ()})["Keys"]
        if any(key["sk"]["S"] == ENTRY for key in left):
            return facts, None
        return facts, {item["pk"]["S"]: to_item(item) for item in found if item["sk"]["S"] == ENTRY}

    def _item(self, key: str, data: Data, keep_seconds: float) -> Mapping[str, Any]:
        now = self._clock()
        return {
            "pk": {"S": key},
            "sk": {"S": "facts"},
            "data": {"S": json.dumps(data)},
            "read_at": {"N": f"{now:.3f}"},
            "expires_at": {"N": str(int(now + keep_seconds))},
        }

    def _record_key(self, record_id: str) -> str:
        return f"record#{self._org}#{record_id}"

    def _agent_key(self, agent_uid: str) -> str:
        """The AgentUID names a person, so the key holds only its hash."""
        return f"agent#{self._org}#{hashlib.sha256(agent_uid.encode()).hexdigest()}"

    def _object_key(self, record_id: str) -> str:
        return f"object#{self._org}#{key_prefix(record_id)}"


def to_item(item: Mapping[str, Any]) -> StoredItem:
    """An item that is no fact of Salesforce."""
    expires_at = item.get("expires_at")
    return StoredItem(item["data"]["S"], None if expires_at is None else float(expires_at["N"]))


def _seconds(plan: DialPlan, found: bool, fresh: int) -> int:
    return max(fresh, plan.freshness.stale_if_error) if found else NOT_FOUND_SECONDS


def _record(plan: DialPlan, data: Data) -> Record | None:
    if not data or data["shape"] != _record_shape(plan, data["object"]):
        return None
    return Record(data["found"], data["object"], data["values"])


def _agent(plan: DialPlan, data: Data) -> Agent | None:
    if not data or data["shape"] != _agent_shape(plan):
        return None
    return Agent(data["known"], data["values"])


def _record_shape(plan: DialPlan, object_name: str | None) -> str:
    return _shape(plan.objects.get(object_name or "", {}))


def _agent_shape(plan: DialPlan) -> str:
    return _shape({"": plan.agent_match, **plan.agent_attributes})


def _shape(fields: Mapping[str, str]) -> str:
    """A change of the plan's fields makes what was read before it unusable."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
