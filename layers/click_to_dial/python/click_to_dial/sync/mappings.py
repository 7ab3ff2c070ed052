"""Keeps the mappings that live in Salesforce in step: reads them, checks them, switches them.

The mappings that could be read switch together; one that could not keeps what it has. A row that
cannot serve is left out, so that the mapping's default applies, and is reported; a mapping that
would lose too many of its entries is not believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from click_to_dial.deadline import Deadline
from click_to_dial.dialplan import kept_in_salesforce
from click_to_dial.dynamodb.plan_items import ActivePlan
from click_to_dial.errors import (
    ClickToDialError,
    NoDialPlanError,
    OutOfTimeError,
    PlanConflictError,
    SalesforceError,
)
from click_to_dial.model import Scalar
from click_to_dial.salesforce.queries import mapping_query
from click_to_dial.salesforce.results import value_at

ATTEMPTS = 3
MOST_LOST = 0.5
"""A mapping that would lose a larger share of its entries than this is not believed."""

Document = Mapping[str, Any]
Entries = Mapping[str, str]


class Rows(Protocol):
    """The organisation, as far as it is read here."""

    def select(self, soql: str, deadline: Deadline) -> list[Any]:
        """All rows of a query. Raises SalesforceError, OutOfTimeError."""


class Plans(Protocol):
    """Where plans and cached mappings are kept."""

    def active(self) -> ActivePlan | None:
        """What decides now."""

    def load(self, active: ActivePlan) -> tuple[Document, Mapping[str, Entries]]:
        """Its document and the entries of its cached mappings."""

    def switch_mappings(self, active: ActivePlan, entries: Mapping[str, Entries]) -> ActivePlan:
        """Puts other entries in place. Raises PlanConflictError."""


class SyncRefusedError(ClickToDialError):
    """A mapping would lose too many entries, or Salesforce's rows make no sense."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a sync does to one mapping. `problems` says which rows were left out, and why.

    Where there is a `failure`, nothing is done: the mapping keeps its entries of `before`.
    """

    mapping: str
    before: Entries
    after: Entries
    problems: tuple[str, ...]
    failure: ClickToDialError | None = None

    def loss(self) -> float:
        """The share of the entries that would go, from 0 to 1."""
        gone = self.before.keys() - self.after.keys()
        return len(gone) / len(self.before) if self.before else 0.0


def sync(
    plans: Plans, organisation: Rows, deadline: Deadline, *, most_lost: float, dry_run: bool = False
) -> list[Change]:
    """Brings the cached mappings of the active plan in step with Salesforce, and says how.

    A mapping that Salesforce does not give, or that would lose a larger share of its entries than
    `most_lost`, is one with a failure; a `dry_run` changes nothing. Raises NoDialPlanError,
    DynamoDBError, and PlanConflictError where others change the plan over and over.
    """
    for _ in range(ATTEMPTS):
        active = plans.active()
        if active is None:
            raise NoDialPlanError("No dial plan is published, so there are no mappings to keep.")
        document, cached = plans.load(active)
        found = _read_all(organisation, document, cached, deadline)
        changes = [_refuse_a_loss(change, most_lost) for change in found]
        new = {change.mapping: change.after for change in changes if _is_new(change, cached)}
        if dry_run or not new:
            return changes
        try:
            plans.switch_mappings(active, new)
        except PlanConflictError:
            continue
        return changes
    raise PlanConflictError("The dial plan is being changed by others. The next sync tries again.")


def entries_of(
    rows: list[Any], source: Mapping[str, str], service_numbers: Mapping[str, Any]
) -> tuple[Entries, tuple[str, ...]]:
    """The entries that rows of Salesforce hold, and what is wrong with those that are left out.

    Raises SyncRefusedError where a row does not have the two fields that were asked for.
    """
    entries: dict[str, str] = {}
    problems: list[str] = []
    twice: set[str] = set()
    for number, row in enumerate(rows, 1):
        key, value = _key_and_value(row, source)
        if not isinstance(key, str) or not isinstance(value, str):
            part, found = ("value", value) if isinstance(key, str) else ("key", key)
            fault = "is empty" if found is None else "is not text"
            problems.append(f"row {number}: {source[part]} {fault}")
        elif value not in service_numbers:
            problems.append(f"{_label(key)}: {_label(value)} is no service number of the plan")
        elif entries.setdefault(key, value) != value:
            twice.add(key)
    for key in sorted(twice):
        del entries[key]
        problems.append(f"{_label(key)}: listed more than once, with different service numbers")
    return entries, tuple(problems)


def _key_and_value(row: Any, source: Mapping[str, str]) -> tuple[Scalar | None, Scalar | None]:
    try:
        return value_at(row, source["key"]), value_at(row, source["value"])
    except (KeyError, TypeError):
        raise SyncRefusedError("Salesforce's rows do not hold the fields asked for.") from None


def _read_all(
    organisation: Rows, document: Document, cached: Mapping[str, Entries], deadline: Deadline
) -> list[Change]:
    """One mapping after the other; one that never ends leaves the others their share of time."""
    names = kept_in_salesforce(document)
    changes: list[Change] = []
    for name in names:
        at_most = deadline.remaining() / (len(names) - len(changes))
        before = cached.get(name, {})
        changes.append(_read(organisation, name, document, before, deadline, at_most))
    return changes


def _read(
    organisation: Rows,
    name: str,
    document: Document,
    before: Entries,
    deadline: Deadline,
    at_most: float,
) -> Change:
    """What Salesforce holds of a mapping, or why that is not known after `at_most` seconds."""
    source = document["mappings"][name]["salesforce"]
    try:
        rows = deadline.run(partial(organisation.select, mapping_query(source), deadline), at_most)
        after, problems = entries_of(rows, source, document["service_numbers"])
    except (SalesforceError, OutOfTimeError, SyncRefusedError) as error:
        return Change(name, before, before, (), error)
    return Change(name, before, after, problems)


def _is_new(change: Change, cached: Mapping[str, Entries]) -> bool:
    if change.failure is not None:
        return False
    return change.before != change.after or change.mapping not in cached


def _refuse_a_loss(change: Change, most_lost: float) -> Change:
    """The message goes into a log, so it holds no key, which may be a customer's name."""
    if change.loss() <= most_lost:
        return change
    refusal = SyncRefusedError(
        f"It would lose {change.loss():.0%} of its {len(change.before)} entries, more than the "
        f"{most_lost:.0%} that are believed; rows left out: {len(change.problems)}. "
        "dialplan sync --dry-run shows them; dialplan sync --most-lost 100 accepts the loss."
    )
    return replace(change, failure=refusal)


def _label(text: object) -> str:
    return repr(str(text)[:40])
