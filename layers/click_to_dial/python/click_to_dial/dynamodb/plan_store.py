"""Published dial plans: immutable, numbered versions, and an `active` item that names one of them.

Everything that `active` names is written before it, and `active` moves in one transaction with a
condition on its revision. So a reader sees the old state or the new one, and no change gets lost.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace

from click_to_dial.aws.errors import AwsError
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.dynamodb.plan_items import (
    ACTIVE_KEY,
    ActivePlan,
    CachedMapping,
    Item,
    Version,
    from_active,
    from_version,
    version_key,
)
from click_to_dial.dynamodb.plan_reader import Document, Entries, PlanReader, dynamodb_errors
from click_to_dial.errors import PlanConflictError

ATTEMPTS = 5


class PlanStore(PlanReader):
    """Reads and changes the dial plans of one table."""

    def publish(
        self, document: Document, source: str, *, author: str, comment: str, replaces: int | None
    ) -> ActivePlan:
        """Makes `document` the active plan, as a new version.

        `replaces` is the version that the change was made from, None where there was none. Raises
        PlanConflictError where another one is active by now, whose change would be undone.
        """
        with dynamodb_errors():
            body = self._bodies.write(json.dumps(document, ensure_ascii=False))
            version = Version(0, body, self._bodies.write(source), author, self._time(), comment)
            for _ in range(ATTEMPTS):
                active = self._expect(replaces)
                version = replace(version, number=self._last_number() + 1)
                new = {"Put": self._put(from_version(version), "attribute_not_exists(pk)")}
                if moved := self._move(active, self._next(active, version, document, author), new):
                    return moved
        raise PlanConflictError("The dial plan is being changed by others. Please try again.")

    def rollback(self, number: int, *, author: str, replaces: int | None) -> ActivePlan:
        """Makes an older version the active plan again.

        Raises NoDialPlanError where it does not exist, PlanConflictError as `publish` does.
        """
        version = self.version(number)
        document = self.document(version)
        check = {
            "TableName": self._table_name,
            "Key": version_key(number),
            "ConditionExpression": "attribute_exists(pk)",
        }
        with dynamodb_errors():
            for _ in range(ATTEMPTS):
                active = self._expect(replaces)
                following = self._next(active, version, document, author)
                if moved := self._move(active, following, {"ConditionCheck": check}):
                    return moved
        raise PlanConflictError("The dial plan is being changed by others. Please try again.")

    def switch_mappings(self, active: ActivePlan, entries: Mapping[str, Entries]) -> ActivePlan:
        """Puts other entries behind mappings that are kept in Salesforce, all at once.

        Raises PlanConflictError where `active` is no longer what decides.
        """
        with dynamodb_errors():
            cached = {
                name: CachedMapping(
                    self._bodies.write(json.dumps(each, ensure_ascii=False, sort_keys=True)),
                    len(each),
                    self._time(),
                )
                for name, each in entries.items()
            }
            following = replace(
                active, revision=active.revision + 1, mappings={**active.mappings, **cached}
            )
            moved = self._move(active, following)
        if moved is None:
            raise PlanConflictError("The dial plan has changed in the meantime.")
        return moved

    def prune(self, keep: int) -> list[int]:
        """Deletes all versions but the newest `keep`, at least one, and the active one.

        Returns their numbers. Texts that nothing names any more go too; those younger than an hour
        are left for the next time, since somebody may be about to name them.
        """
        deleted = [each.number for each in self.history()[max(keep, 1) :] if self._drop(each)]
        active = self.active()
        named = [body for each in self.history() for body in (each.body, each.source)]
        named += [active.body, *(each.body for each in active.mappings.values())] if active else []
        with dynamodb_errors():
            self._bodies.prune({body.hash for body in named})
        return deleted

    def _drop(self, version: Version) -> bool:
        """Deletes a version unless it is, or just now becomes, the active one."""
        active = self.active()
        if active is None or active.version == version.number:
            return False
        key = {"TableName": self._table_name, "Key": version_key(version.number)}
        with dynamodb_errors():
            return self._transact({"Delete": key}, self._check(active))

    def _expect(self, version: int | None) -> ActivePlan | None:
        active = self.active()
        found = None if active is None else active.version
        if found != version:
            raise PlanConflictError(
                f"Version {found} of the dial plan is active, not {version}: "
                "somebody has changed it in the meantime. Look at the difference once more."
            )
        return active

    def _last_number(self) -> int:
        newest = self._client("Query", **self._newest_first(), Limit=1)["Items"]
        return int(newest[0]["version"]["N"]) if newest else 0

    def _next(
        self, active: ActivePlan | None, version: Version, document: Document, author: str
    ) -> ActivePlan:
        """`version` as the active one, with what is cached of the mappings that it still has."""
        cached = {} if active is None else active.mappings
        return ActivePlan(
            revision=1 if active is None else active.revision + 1,
            version=version.number,
            body=version.body,
            mappings={
                name: cached[name] for name in kept_in_salesforce(document) if name in cached
            },
            activated_at=self._time(),
            activated_by=author,
        )

    def _move(
        self, active: ActivePlan | None, following: ActivePlan, *also: Item
    ) -> ActivePlan | None:
        """`following`, now active; None where `active` was not any more, or `also` did not hold."""
        values: Item = {}
        condition = "attribute_not_exists(pk)"
        if active is not None:
            condition = "revision = :revision"
            values = {":revision": {"N": str(active.revision)}}
        put = {"Put": self._put(from_active(following), condition, values)}
        return following if self._transact(put, *also) else None

    def _put(self, item: Item, condition: str, values: Item | None = None) -> Item:
        put = {"TableName": self._table_name, "Item": item, "ConditionExpression": condition}
        return {**put, "ExpressionAttributeValues": values} if values else put

    def _check(self, active: ActivePlan) -> Item:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": ACTIVE_KEY,
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": {"N": str(active.revision)}},
            }
        }

    def _transact(self, *items: Item) -> bool:
        """Whether all of it was done; else none of it was, for a condition did not hold."""
        token = uuid.uuid4().hex  # what arrives twice, since its answer got lost, counts once
        try:
            self._client("TransactWriteItems", TransactItems=list(items), ClientRequestToken=token)
        except AwsError as error:
            if error.is_condition_failure:
                return False
            raise
        return True

    def _time(self) -> str:
        return self._now().isoformat(timespec="seconds")
