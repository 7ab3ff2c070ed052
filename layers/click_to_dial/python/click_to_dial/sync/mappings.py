"""Synchronise the mappings that are kept in Salesforce: read, check and activate them.

All mappings that could be read become active together; the others keep their entries. A row that
cannot be used is left out and reported, so that the mapping's default applies. A mapping that would
lose too many of its entries keeps them all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.errors import (
    ClickToDialError,
    NoDialPlanError,
    OutOfTimeError,
    PlanConflictError,
    SalesforceError,
)
from click_to_dial.model import Scalar
from click_to_dial.ports import CachedMappings, Entries, MappingReader

MAX_TRIES = 3
MAX_LOSS = 0.5
"""Default for the largest share of its entries that a mapping may lose."""


class SyncRefusedError(ClickToDialError):
    """A mapping would lose too many of its entries."""


@dataclass(frozen=True)
class Change:
    """Effect of a sync on one mapping. `problems` tells which rows were left out, and why.

    With a `failure` the mapping keeps the entries in `before`.
    """

    mapping: str
    before: Entries
    after: Entries
    problems: tuple[str, ...]
    failure: ClickToDialError | None = None

    def loss(self) -> float:
        """Return the share of the entries that would be removed, from 0 to 1."""
        removed = self.before.keys() - self.after.keys()
        return len(removed) / len(self.before) if self.before else 0.0


def sync(
    store: CachedMappings,
    read_mapping: MappingReader,
    deadline: Deadline,
    *,
    max_loss: float,
    dry_run: bool = False,
) -> list[Change]:
    """Update the cached mappings of the active plan from Salesforce, and return the changes.

    A `dry_run` updates nothing. A mapping that cannot be read, or that would lose a larger share of
    its entries than `max_loss`, has a failure. Raises NoDialPlanError, DynamoDBError, and
    PlanConflictError if the plan changes during every try.
    """
    for _ in range(MAX_TRIES):
        active = store.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published, so there are no mappings to read.")
        document, cached = store.load(active)
        changes = read_changes(document, cached, read_mapping, deadline, max_loss)
        updates = {
            change.mapping: change.after
            for change in changes
            if change.failure is None
            and (change.before != change.after or change.mapping not in cached)
        }
        if dry_run or not updates:
            return changes
        try:
            store.switch_mappings(active, updates)
        except PlanConflictError:
            continue
        return changes
    raise PlanConflictError("The dial plan is being changed by others. The next sync tries again.")


def read_changes(
    document: Mapping[str, Any],
    cached: Mapping[str, Entries],
    read_mapping: MappingReader,
    deadline: Deadline,
    max_loss: float,
) -> list[Change]:
    """Compare each mapping that is kept in Salesforce with its cached entries.

    Each mapping gets an equal share of the time that is left.
    """
    names = kept_in_salesforce(document)
    changes: list[Change] = []
    for name in names:
        source = document["mappings"][name]["salesforce"]
        before = cached.get(name, {})
        seconds = deadline.remaining() / (len(names) - len(changes))
        try:
            pairs = deadline.run(partial(read_mapping, source, deadline), seconds)
        except (SalesforceError, OutOfTimeError) as error:
            changes.append(Change(name, before, before, (), error))
            continue
        after, problems = entries_of(pairs, source, document["service_numbers"])
        change = Change(name, before, after, problems)
        if change.loss() > max_loss:  # the message is logged: no key, it may be a customer's name
            refusal = SyncRefusedError(
                f"It would lose {change.loss():.0%} of its {len(before)} entries, more than the "
                f"{max_loss:.0%} that are allowed; rows left out: {len(problems)}. dialplan sync "
                "--dry-run shows them; dialplan sync --most-lost 100 accepts the loss."
            )
            change = replace(change, failure=refusal)
        changes.append(change)
    return changes


def entries_of(
    pairs: Sequence[tuple[Scalar | None, Scalar | None]],
    source: Mapping[str, str],
    service_numbers: Mapping[str, Any],
) -> tuple[Entries, tuple[str, ...]]:
    """Return the entries of a mapping, and why other rows are left out.

    `pairs` are the key and the value of each row; `source` names their fields.
    """
    entries: dict[str, str] = {}
    problems: list[str] = []
    ambiguous: set[str] = set()
    for number, (key, value) in enumerate(pairs, 1):
        if not isinstance(key, str) or not isinstance(value, str):
            part, found = ("value", value) if isinstance(key, str) else ("key", key)
            fault = "is empty" if found is None else "is not text"
            problems.append(f"row {number}: {source[part]} {fault}")
        elif value not in service_numbers:
            problems.append(f"{key[:40]!r}: {value[:40]!r} is not a service number of the plan")
        elif entries.setdefault(key, value) != value:
            ambiguous.add(key)
    for key in sorted(ambiguous):
        del entries[key]
        problems.append(f"{key[:40]!r}: listed more than once, with different service numbers")
    return entries, tuple(problems)
