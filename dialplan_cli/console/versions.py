"""Screen "Versions and lists": who changed the plan, when and why; publish and roll back."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from click_to_dial.dynamodb.plan_store import Document
from click_to_dial.errors import (
    NoDialPlanError,
    PlanConflictError,
    UnreadableDialPlanError,
)
from dialplan_cli import lists, publications
from dialplan_cli.console import jobs
from dialplan_cli.console.changes import Uploaded, uploaded
from dialplan_cli.console.context import console
from dialplan_cli.console.security import reads_only
from dialplan_cli.console.shown_changes import MAX_VALUES, ShownChanges, shown_changes
from dialplan_cli.console.shown_plan import active_document, zone_of
from dialplan_cli.plan.read import PlanFile, parse_content
from dialplan_cli.plan.source import Problem
from dialplan_cli.plan_changes import compare
from dialplan_cli.publications import ChangeNote, Difference, Publication
from dialplan_cli.targets import Target

blueprint = Blueprint("versions", __name__, url_prefix="/versions")

MOVES_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A checked plan that can be published, with its difference from the active plan."""

    plan: PlanFile
    warnings: Sequence[Problem]
    before: Document
    difference: Difference
    ask: bool


@blueprint.get("/")
def show() -> str:
    """Show the timeline of the plan, and the names of all lists."""
    target = console().target
    if target is None:
        return render_template("versions.html", target=None)
    page = max(1, request.args.get("page", 1, type=int))
    moves = publications.history(target.store).moves
    first = (page - 1) * MOVES_PER_PAGE
    changed = {each.name for each in target.list_changes.newest_first()}
    used = lists.published_lists(target) or []
    return render_template(
        "versions.html",
        target=target,
        moves=moves[first : first + MOVES_PER_PAGE],
        page=page,
        pages=max(1, math.ceil(len(moves) / MOVES_PER_PAGE)),
        lists=sorted({*used, *changed}),
        used=used,
        zone=zone_of(active_document(target)),
    )


@blueprint.get("/<int:version>")
def diff(version: int) -> str:
    """Show how a version differs from another one, by default from the active version."""
    target = _target()
    before = request.args.get("before", type=int)
    return render_template(
        "version.html",
        version=version,
        before=before,
        changes=_changes(target, before, version),
        max_values=MAX_VALUES,
    )


@blueprint.get("/<int:version>/rollback")
def confirm_rollback(version: int) -> str:
    """Show what a rollback would change, and ask for confirmation."""
    target = _target()
    difference = publications.compare_version(target.store, version)
    return render_template(
        "rollback.html",
        version=version,
        difference=difference,
        changes=_changes(target, difference.active, version),
        max_values=MAX_VALUES,
    )


@blueprint.post("/<int:version>/rollback")
def roll_back(version: int) -> str:
    """Make an older version the active plan, unless another one became active meanwhile."""
    target = _target()
    difference = publications.compare_version(target.store, version)
    if request.form.get("active", "") != str(difference.active):
        raise PlanConflictError(
            f"Version {difference.active} of the dial plan is active now: somebody has changed it "
            "in the meantime. Look at the difference once more."
        )
    done = publications.roll_back(target, version, difference, _note())
    return render_template("published.html", publication=done)


@blueprint.post("/check")
@reads_only
def check() -> Response:
    """Check the plan in the form against its examples and Salesforce, and compare it."""
    target, file, ask = _target(), uploaded("plan"), "offline" not in request.form
    return jobs.start("versions.checking", "versions.draft", lambda _: _draft(target, file, ask))


@blueprint.get("/draft/<job_id>")
def draft(job_id: str) -> str:
    """Show what a publication would change, and ask for confirmation."""
    found: Draft = jobs.result_of(job_id, "versions.draft")
    changes = compare(found.before, found.plan.document)
    return render_template(
        "draft.html",
        draft=found,
        job_id=job_id,
        changes=shown_changes(changes, found.before, found.plan.document),
        max_values=MAX_VALUES,
    )


@blueprint.post("/draft/<job_id>")
def publish(job_id: str) -> str | Response:
    """Make the checked plan the active plan, unless another one became active meanwhile."""
    target = _target()
    found: Draft = jobs.result_of(job_id, "versions.draft")
    if not found.difference.changed:
        return redirect(url_for("versions.show"))
    done: Publication = publications.publish(
        target, found.plan, found.difference, _note(), ask=found.ask
    )
    return render_template("published.html", publication=done)


def _target() -> Target:
    """Return the running system, or answer 404 if only a file is shown."""
    target = console().target
    if target is None:
        abort(404)
    return target


def _note() -> ChangeNote:
    """Return author and reason of a change."""
    return ChangeNote(console().author, request.form.get("comment", "").strip())


def _changes(target: Target, before: int | None, after: int) -> ShownChanges | None:
    """Return the difference between two versions, or None if one of them cannot be read."""
    try:
        documents = [
            {} if number is None else target.store.document(target.store.version(number))
            for number in (before, after)
        ]
    except (NoDialPlanError, UnreadableDialPlanError):
        return None
    return shown_changes(compare(*documents), *documents)


def _draft(target: Target, file: Uploaded, ask: bool) -> Draft:
    plan = parse_content(file.content or b"", file.name)
    warnings = publications.check_plan(plan, target, time.time(), ask=ask)
    difference = publications.compare_with_active(target.store, plan, file.name)
    before: Any = {}
    if difference.active is not None:
        before = target.store.document(target.store.version(difference.active))
    return Draft(plan, warnings, before, difference, ask)
