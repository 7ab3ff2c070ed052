"""Published dial plans: immutable, numbered versions, and an `active` item that names one of them.

A writer stores everything that `active` will refer to first. Then it moves `active` in one
transaction with a condition on its revision. So readers see the old state or the new one, never a
mixture, and no change is lost. The same transaction records who moved `active` to another version,
when and why.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from click_to_dial.aws import AwsClient, dynamodb_errors
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.dynamodb.blobs import UNREACHABLE, BlobStore
from click_to_dial.dynamodb.items import check_size
from click_to_dial.dynamodb.plan_items import (
    ACTIVE_KEY,
    UNKNOWN_REVISION,
    Item,
    Move,
    Version,
    add_unrecorded_moves,
    from_active,
    from_move,
    from_version,
    to_active,
    to_move,
    to_replaceable,
    to_version,
    unreadable_errors,
    version_key,
)
from click_to_dial.errors import (
    ConditionFailedError,
    NoDialPlanError,
    PlanConflictError,
    UnreadableDialPlanError,
)
from click_to_dial.model import CompletedRun
from click_to_dial.ports import ActivePlan, CachedMapping, Entries

MAX_TRIES = 5

TOO_LARGE = (
    "The comment, the author's name or the list of mappings is too long: together they must be "
    "smaller than 400 KB."
)

Document = Mapping[str, Any]


class PlanStore:
    """The dial plans in one table. All methods raise DynamoDBError, UnreadableDialPlanError."""

    def __init__(
        self,
        client: AwsClient,
        table_name: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._now = now
        self._blobs = BlobStore(client, table_name, now)

    # Reading --------------------------------------------------------------------------------------

    def active(self) -> ActivePlan | None:
        """Return the active plan, or None if nothing was ever published."""
        item = self._get(ACTIVE_KEY)
        return None if item is None else to_active(item)

    def load(self, active: ActivePlan) -> tuple[Document, Mapping[str, Entries]]:
        """Return the document and the entries of each mapping that is kept in Salesforce.

        Raises NoDialPlanError if they were deleted: then `active` is no longer the active plan.
        """
        cached = active.mappings
        texts = self._blobs.read([active.body, *(each.body for each in cached.values())])
        with unreadable_errors():
            entries = {name: json.loads(texts[each.body.hash]) for name, each in cached.items()}
            return json.loads(texts[active.body.hash]), entries

    def versions(self) -> list[Version]:
        """Return all stored versions, the newest first."""
        return [to_version(item) for item in self._query("version#")]

    def moves(self) -> list[Move]:
        """Return all moves of the active plan, the newest first."""
        recorded = [to_move(item) for item in self._query("move#")]
        return add_unrecorded_moves(recorded, self.versions(), self.active())

    def version(self, number: int) -> Version:
        """Return a version. Raises NoDialPlanError if it does not exist."""
        item = self._get(version_key(number))
        if item is None:
            raise NoDialPlanError(f"There is no version {number} of the dial plan.")
        return to_version(item)

    def source(self, version: Version) -> str:
        """Return the YAML of a version as it was written. Raises NoDialPlanError if it is gone."""
        return self._blobs.read([version.source])[version.source.hash]

    def document(self, version: Version | ActivePlan) -> Document:
        """Return the document of a version or of the active plan.

        Raises NoDialPlanError if it is gone.
        """
        document: Document = json.loads(self._blobs.read([version.body])[version.body.hash])
        return document

    # Writing --------------------------------------------------------------------------------------

    def publish(
        self, document: Document, source: str, *, author: str, comment: str, replaces: int | None
    ) -> ActivePlan:
        """Store `document` as a new version and make it the active plan.

        `replaces` is the version that the change is based on, or None if there was none or if its
        item is unreadable. Raises PlanConflictError if another version is active by now, since its
        change would be undone.
        """
        body = self._blobs.write(json.dumps(document, ensure_ascii=False))
        version = Version(0, body, self._blobs.write(source), author, self._time(), comment)
        for _ in range(MAX_TRIES):
            active = self._expect(replaces)
            newest = next(self._query("version#"), None)
            number = 1 if newest is None else int(newest["version"]["N"]) + 1
            version = version._replace(number=number)
            new = {"Put": self._put(from_version(version), "attribute_not_exists(pk)")}
            following = self._next(active, version, document, author)
            move = Move(
                "publish", version.number, replaces, author, following.activated_at, comment
            )
            if moved := self._move(active, following, new, self._record(move, following)):
                return moved
        raise PlanConflictError("The dial plan is being changed by others. Please try again.")

    def rollback(
        self, number: int, *, author: str, comment: str, replaces: int | None
    ) -> ActivePlan:
        """Make an older version the active plan again.

        Raises NoDialPlanError if it does not exist, PlanConflictError as `publish` does.
        """
        version = self.version(number)
        document = self.document(version)
        check = {
            "TableName": self._table_name,
            "Key": version_key(number),
            "ConditionExpression": "attribute_exists(pk)",
        }
        for _ in range(MAX_TRIES):
            active = self._expect(replaces)
            following = self._next(active, version, document, author)
            move = Move("rollback", number, replaces, author, following.activated_at, comment)
            record = self._record(move, following)
            if moved := self._move(active, following, {"ConditionCheck": check}, record):
                return moved
        raise PlanConflictError("The dial plan is being changed by others. Please try again.")

    def switch_mappings(self, active: ActivePlan, entries: Mapping[str, Entries]) -> ActivePlan:
        """Replace the entries of mappings that are kept in Salesforce, all at once.

        Raises PlanConflictError if `active` is no longer the active plan.
        """
        cached = {
            name: CachedMapping(
                self._blobs.write(json.dumps(each, ensure_ascii=False, sort_keys=True)),
                len(each),
                self._time(),
            )
            for name, each in entries.items()
        }
        following = active._replace(
            revision=active.revision + 1, mappings={**active.mappings, **cached}
        )
        moved = self._move(active, following)
        if moved is None:
            raise PlanConflictError("The dial plan has changed in the meantime.")
        return moved

    def complete_run(self, active: ActivePlan, name: str, run: CompletedRun) -> ActivePlan:
        """Make `run` the last completed run of a list that is kept in Salesforce.

        Raises PlanConflictError if `active` is no longer the active plan.
        """
        following = active._replace(revision=active.revision + 1, lists={**active.lists, name: run})
        if self._move(active, following) is None:
            raise PlanConflictError("The dial plan has changed in the meantime.")
        return following

    def prune(self, keep: int) -> list[int]:
        """Delete all versions except the newest `keep`, at least one, and the active one.

        Returns their numbers. The moves to them are deleted too, and texts without a reference,
        unless they are so young that a writer may be about to refer to them.
        """
        deleted = [each.number for each in self.versions()[max(keep, 1) :] if self._drop(each)]
        for item in self._query("move#"):
            if to_move(item).version in deleted:
                with dynamodb_errors(UNREACHABLE):
                    key = {name: item[name] for name in ("pk", "sk")}
                    self._client.delete_item(TableName=self._table_name, Key=key)
        active = self.active()
        used = [body for each in self.versions() for body in (each.body, each.source)]
        used += [active.body, *(each.body for each in active.mappings.values())] if active else []
        self._blobs.prune({body.hash for body in used})
        return deleted

    def _drop(self, version: Version) -> bool:
        """Delete a version unless it is the active one, or becomes it at this moment."""
        active = self.active()
        if active is None or active.version == version.number:
            return False
        unchanged = {
            "TableName": self._table_name,
            "Key": ACTIVE_KEY,
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": {":revision": {"N": str(active.revision)}},
        }
        key = {"TableName": self._table_name, "Key": version_key(version.number)}
        return self._transact({"Delete": key}, {"ConditionCheck": unchanged})

    def _expect(self, version: int | None) -> ActivePlan | None:
        item = self._get(ACTIVE_KEY)
        try:
            active = None if item is None else to_active(item)
        except UnreadableDialPlanError:
            if item is None or version is not None:
                raise
            return to_replaceable(item)
        found = None if active is None else active.version
        if found != version:
            raise PlanConflictError(
                f"Version {found} of the dial plan is active, not {version}: "
                "somebody has changed it in the meantime. Look at the difference once more."
            )
        return active

    def _next(
        self, active: ActivePlan | None, version: Version, document: Document, author: str
    ) -> ActivePlan:
        """Return `version` as the active plan, with the mappings and lists that it still uses."""
        cached = {} if active is None else active.mappings
        runs = {} if active is None else active.lists
        revision = 0 if active is None else active.revision
        if active is not None and revision == UNKNOWN_REVISION:
            revision = int(self._now().timestamp())  # larger than any number of changes
        return ActivePlan(
            revision=revision + 1,
            version=version.number,
            body=version.body,
            mappings={
                name: cached[name] for name in kept_in_salesforce(document) if name in cached
            },
            activated_at=self._time(),
            activated_by=author,
            lists={
                name: runs[name] for name in document.get("salesforce_lists", {}) if name in runs
            },
        )

    def _move(
        self, active: ActivePlan | None, following: ActivePlan, *also: Item
    ) -> ActivePlan | None:
        """Atomically replace `active` by `following` and return it.

        Returns None if `active` changed meanwhile or a condition in `also` failed.
        """
        values: Item = {}
        condition = "attribute_not_exists(pk)"
        if active is not None and active.revision == UNKNOWN_REVISION:
            condition = "attribute_exists(pk) AND NOT attribute_type(revision, :number)"
            values = {":number": {"S": "N"}}
        elif active is not None:
            condition = "revision = :revision"
            values = {":revision": {"N": str(active.revision)}}
        put = {"Put": self._put(from_active(following), condition, values)}
        return following if self._transact(put, *also) else None

    def _put(self, item: Item, condition: str, values: Item | None = None) -> Item:
        put = {"TableName": self._table_name, "Item": item, "ConditionExpression": condition}
        return {**put, "ExpressionAttributeValues": values} if values else put

    def _record(self, move: Move, following: ActivePlan) -> Item:
        item = from_move(move, following.revision)
        return {"Put": {"TableName": self._table_name, "Item": item}}

    def _transact(self, *items: Item) -> bool:
        """Write all items. Return False, having written none, if a condition did not hold.

        boto3 adds a request token, so that DynamoDB applies a repeated request once.
        """
        for item in items:
            check_size(item.get("Put", {}).get("Item", {}), TOO_LARGE)
        try:
            with dynamodb_errors(UNREACHABLE):
                self._client.transact_write_items(TransactItems=list(items))
        except ConditionFailedError:
            return False
        return True

    def _query(self, prefix: str) -> Iterator[Item]:
        """Yield the items of plans whose sort keys begin with `prefix`, in descending order."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table_name,
            KeyConditionExpression="pk = :plan AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":plan": {"S": "plan"}, ":prefix": {"S": prefix}},
            ScanIndexForward=False,
            ConsistentRead=True,
        )
        with dynamodb_errors(UNREACHABLE):
            for page in pages:
                yield from page["Items"]

    def _get(self, key: Item) -> Item | None:
        with dynamodb_errors(UNREACHABLE):
            response = self._client.get_item(
                TableName=self._table_name, Key=key, ConsistentRead=True
            )
        item: Item | None = response.get("Item")
        return item

    def _time(self) -> str:
        return self._now().isoformat(timespec="seconds")
