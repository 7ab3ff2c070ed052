"""Published dial plans: compare, publish, roll back, and who did it when. Nothing is printed."""

import difflib
from dataclasses import dataclass, field
from typing import Literal

from click_to_dial.dynamodb.plan_items import Version, led_to
from click_to_dial.dynamodb.plan_store import Document, PlanStore
from click_to_dial.errors import NoDialPlanError, UnreadableDialPlanError
from click_to_dial.ports import ActivePlan
from dialplan_cli.checks.salesforce import check_salesforce
from dialplan_cli.list_sync import ListChange, read_new_lists
from dialplan_cli.plan.examples import check_results
from dialplan_cli.plan.read import PlanFile
from dialplan_cli.plan.source import Problem
from dialplan_cli.sync import read_new_mappings
from dialplan_cli.targets import Target

NOT_PUBLISHED = "No dial plan is published. Publish one: dialplan publish FILE"
UNKNOWN_BEFORE = (
    "It was not recorded which version was active before this rollback to version {}. "
    "Compare files: dialplan show VERSION > FILE; dialplan diff FILE"
)
UNREADABLE = "an unreadable plan"
"""Name of an active plan that another release, or somebody else, wrote in an unknown form."""
READ_DIFFERENTLY = "The text is the same, but this version of dialplan reads it differently."


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference between two plans. `diff` is a unified diff of their texts.

    `before` and `after` are the names of the plans. `active` is the active version, or None; a
    change that is based on this difference fails if another version is active by then.
    """

    changed: bool
    before: str
    after: str
    diff: str
    active: int | None


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """Author and reason of a change, as recorded in the history."""

    author: str
    comment: str


@dataclass(frozen=True, slots=True)
class Publication:
    """Result of a publication or a rollback: the version that is active now.

    `changed` is False if that version was active before. `mappings_not_read` has a message for each
    mapping that could not be read from Salesforce. `lists` are the lists with new sources that were
    read, and `lists_not_read` has a message for each list that was not.
    """

    changed: bool
    version: int | None
    hash: str | None
    mappings_not_read: list[str]
    lists: list[ListChange] = field(default_factory=list)
    lists_not_read: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A change of the active version; see `plan_items.Move`.

    `active` is True for the change that is in effect. `hash` is the SHA-256 of the plan, or None if
    the version was deleted.
    """

    action: Literal["publish", "rollback"]
    version: int
    before: int | None
    author: str
    moved_at: str
    comment: str
    active: bool
    hash: str | None


@dataclass(frozen=True, slots=True)
class History:
    """All changes of the active version, the newest first."""

    moves: list[HistoryEntry]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A published version with its document, as the functions read it, and its YAML."""

    version: int
    author: str
    published_at: str
    comment: str
    hash: str
    document: Document
    source: str


def check_plan(plan: PlanFile, target: Target, now: float, *, ask: bool) -> tuple[Problem, ...]:
    """Run the examples of a plan and, if `ask` is true, compare it with Salesforce.

    `now` is the time in seconds since 1970. Return all warnings. Raises PlanFileError with all
    errors, SalesforceError, OutOfTimeError.
    """
    warnings = plan.warnings + check_results(plan.document, plan.source, now)
    if ask:
        return warnings + check_salesforce(plan, target.organisation)
    return warnings + plan.offline_warnings


def active_plan(store: PlanStore) -> ActivePlan:
    """Return the active plan. Raises NoDialPlanError."""
    active = store.active()
    if active is None:
        raise NoDialPlanError(NOT_PUBLISHED)
    return active


def compare_with_active(store: PlanStore, plan: PlanFile, name: str) -> Difference:
    """Compare a plan file with the active plan, or with an empty text if none can be read."""
    try:
        active = store.active()
    except UnreadableDialPlanError:
        return _difference("", plan.source.text, (UNREADABLE, name), None)
    difference = _compare(store, active, plan.source.text, name)
    if active is None or difference.changed or plan.document == store.document(active):
        return difference
    return Difference(True, difference.before, name, READ_DIFFERENTLY, active.version)


def compare_version(store: PlanStore, version: int) -> Difference:
    """Compare an older version with the active plan. Raises NoDialPlanError."""
    source, name = store.source(store.version(version)), f"version {version}"
    try:
        return _compare(store, store.active(), source, name)
    except UnreadableDialPlanError:
        return _difference("", source, (UNREADABLE, name), None)


def last_change(store: PlanStore) -> Difference:
    """Compare the active plan with the one that was active before. Raises NoDialPlanError."""
    active = active_plan(store)
    move = next(move for move in store.moves() if led_to(move, active))
    if move.before is None and move.action == "rollback":
        raise NoDialPlanError(UNKNOWN_BEFORE.format(move.version))
    before, name = "", "nothing published"
    if move.before is not None:
        before, name = store.source(store.version(move.before)), f"version {move.before}"
    after = store.source(store.version(active.version))
    return _difference(before, after, (name, f"version {active.version} (active)"), active)


def publish(
    target: Target, plan: PlanFile, difference: Difference, note: ChangeNote, *, ask: bool
) -> Publication:
    """Make a plan file the active plan, and read its mappings from Salesforce if `ask` is true.

    `difference` is the one from `compare_with_active`. Raises PlanConflictError if another version
    has become active since.
    """
    active = target.store.publish(
        plan.document,
        plan.source.text,
        author=note.author,
        comment=note.comment,
        replaces=difference.active,
    )
    return _read_new(target, active, plan.document, ask=ask)


def roll_back(
    target: Target, version: int, difference: Difference, note: ChangeNote
) -> Publication:
    """Make an older version the active plan, and read its mappings from Salesforce.

    `difference` is the one from `compare_version`. Raises PlanConflictError, NoDialPlanError.
    """
    active = target.store.rollback(
        version, author=note.author, comment=note.comment, replaces=difference.active
    )
    return _read_new(target, active, target.store.document(active), ask=True)


def _read_new(target: Target, active: ActivePlan, document: Document, *, ask: bool) -> Publication:
    """Read the mappings, and the lists with new sources, of a plan that has become active."""
    not_read = read_new_mappings(target, document, ask=ask)
    lists, lists_not_read = read_new_lists(target, document, ask=ask)
    return Publication(True, active.version, active.body.hash, not_read, lists, lists_not_read)


def unchanged(store: PlanStore) -> Publication:
    """Return the result of a change that would make no difference."""
    active = store.active()
    if active is None:
        return Publication(False, None, None, [])
    return Publication(False, active.version, active.body.hash, [])


def history(store: PlanStore) -> History:
    """Return all changes of the active version."""
    active, moves = store.active(), store.moves()
    in_effect = None if active is None else next(move for move in moves if led_to(move, active))
    hashes = {version.number: version.body.hash for version in store.versions()}
    return History(
        [
            HistoryEntry(
                action=move.action,
                version=move.version,
                before=move.before,
                author=move.author,
                moved_at=move.moved_at,
                comment=move.comment,
                active=move is in_effect,
                hash=hashes.get(move.version),
            )
            for move in moves
        ]
    )


def read_version(store: PlanStore, number: int | None) -> StoredPlan:
    """Return a published version, or the active one if `number` is None.

    Raises NoDialPlanError if there is none.
    """
    version: Version = store.version(active_plan(store).version if number is None else number)
    return StoredPlan(
        version=version.number,
        author=version.author,
        published_at=version.published_at,
        comment=version.comment,
        hash=version.body.hash,
        document=store.document(version),
        source=store.source(version),
    )


def _compare(store: PlanStore, active: ActivePlan | None, after: str, name: str) -> Difference:
    """Compare a text with the active plan."""
    if active is None:
        return _difference("", after, ("nothing published", name), active)
    before, before_name = "", f"version {active.version} (active)"
    try:
        before = store.source(store.version(active.version))
    except (NoDialPlanError, UnreadableDialPlanError):
        before_name = f"version {active.version} (active, unreadable)"
    return _difference(before, after, (before_name, name), active)


def _difference(
    before: str, after: str, names: tuple[str, str], active: ActivePlan | None
) -> Difference:
    """Compare two texts; `names` are those of their plans."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    diff = "\n".join(lines)
    return Difference(bool(diff), *names, diff, None if active is None else active.version)
