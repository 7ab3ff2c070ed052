"""The dial plan that the pages show: the active one, or one in a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from click_to_dial.dialplan import DialPlan, load
from click_to_dial.dynamodb.plan_store import PlanStore
from click_to_dial.errors import NoDialPlanError, UnreadableDialPlanError
from click_to_dial.ports import ActivePlan, CachedMapping, Entries
from dialplan_cli.console.context import Console
from dialplan_cli.plan.hours import home_zone
from dialplan_cli.plan.read import PlanFile, parse_content, read_plan
from dialplan_cli.plan.source import PlanFileError, Problem
from dialplan_cli.publications import active_plan
from dialplan_cli.targets import Target


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """A plan with what the pages show about it.

    `file` is the name of the file, and `version` the number of the published version; one of them
    is set. `problems` are the warnings of the validator. `entries` are the cached entries of the
    mappings that are kept in Salesforce, and `copies` tells when they were read.
    """

    document: Mapping[str, Any]
    zone: str
    problems: tuple[Problem, ...]
    entries: Mapping[str, Entries]
    copies: Mapping[str, CachedMapping]
    file: str = ""
    version: int = 0

    @property
    def plan(self) -> DialPlan:
        """The plan in the form in which it is evaluated."""
        return load(self.document, self.entries, self.version)


def shown_plan(console: Console) -> ShownPlan:
    """Return the plan file of the console, or the active plan if there is none.

    Raises PlanFileError, NoDialPlanError, DynamoDBError.
    """
    if console.plan_file is not None:
        try:
            content = console.plan_file.read_bytes()
        except OSError:
            return plan_of_file(console, read_plan(console.plan_file))  # raises a clear error
        return plan_of_file(console, _parse(content, str(console.plan_file)))
    assert console.target is not None  # the command requires a file or a target
    store = console.target.store
    active = active_plan(store)
    document, entries = store.load(active)
    return ShownPlan(
        document=document,
        zone=zone_of(document),
        problems=_warnings_of_version(store, active),
        entries=entries,
        copies=active.mappings,
        version=active.version,
    )


def plan_of_file(console: Console, file: PlanFile) -> ShownPlan:
    """Return a plan file, with the cached mappings of the running system if there is one."""
    active = None if console.target is None else console.target.store.active()
    entries: Mapping[str, Entries] = {}
    if console.target is not None and active is not None:
        _, entries = console.target.store.load(active)
    return ShownPlan(
        document=file.document,
        zone=zone_of(file.document),
        problems=(*file.warnings, *file.offline_warnings),
        entries=entries,
        copies={} if active is None else active.mappings,
        file=file.source.file,
    )


def active_document(target: Target) -> Mapping[str, Any] | None:
    """Return the document of the active plan, or None if there is none that can be read."""
    try:
        return target.store.document(active_plan(target.store))
    except (NoDialPlanError, UnreadableDialPlanError):
        return None


def zone_of(document: Mapping[str, Any] | None) -> str:
    """Return the home zone of a plan, or UTC if it does not tell it or there is none."""
    if document is None:
        return "UTC"
    return home_zone(document["home_region"], document.get("home_zone")) or "UTC"


def _warnings_of_version(store: PlanStore, active: ActivePlan) -> tuple[Problem, ...]:
    """Return the warnings about the active plan, or none if another release wrote it."""
    try:
        plan = _parse(store.source(store.version(active.version)).encode(), "plan")
    except (PlanFileError, UnreadableDialPlanError):
        return ()
    return (*plan.warnings, *plan.offline_warnings)


@lru_cache(maxsize=4)  # a plan with a thousand rules takes seconds
def _parse(content: bytes, name: str) -> PlanFile:
    return parse_content(content, name)
