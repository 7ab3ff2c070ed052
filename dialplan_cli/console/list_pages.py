"""Pages of a list of numbers, a part of the screen "Versions and lists".

Numbers are sent in forms, not in addresses, so that the browser's history has none.
"""

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from click_to_dial.dynamodb.list_changes import ListChange
from dialplan_cli import lists
from dialplan_cli.console import jobs
from dialplan_cli.console.changes import Uploaded, uploaded
from dialplan_cli.console.context import console
from dialplan_cli.console.jobs import Job
from dialplan_cli.console.security import reads_only
from dialplan_cli.console.shown_plan import active_document, zone_of
from dialplan_cli.csv_files import CsvFileError
from dialplan_cli.lists import ImportReport
from dialplan_cli.number_lists import CheckedFile, ListError, check_file, parse_entry
from dialplan_cli.plan.types import LIST_NAME, MAX_NAME
from dialplan_cli.targets import Target

blueprint = Blueprint("list_pages", __name__, url_prefix="/lists")

MAX_CHANGES = 20
"""Maximum number of changes of a list that are shown."""


@dataclass(frozen=True, slots=True)
class Import:
    """Result of an import: a report, or the problems of the file if nothing was imported."""

    name: str
    checked: CheckedFile
    report: ImportReport | None


@blueprint.get("/")
def count() -> Response:
    """Count the entries of all lists, which reads the whole table."""
    target = _target("any")
    return jobs.start("lists.counting", "list_pages.counts", lambda _: lists.summaries(target))


@blueprint.get("/counts/<job_id>")
def counts(job_id: str) -> str:
    """Show the numbers of entries of all lists, and when each was changed."""
    zone = zone_of(active_document(_target("any")))
    return render_template(
        "list_counts.html", lists=jobs.result_of(job_id, "list_pages.counts"), zone=zone
    )


@blueprint.get("/<name>")
def show(name: str) -> str:
    """Show the forms of a list."""
    return _page(name)


@blueprint.post("/<name>/search")
@reads_only
def search(name: str) -> str:
    """Show whether a number is on the list, and why."""
    number = request.form.get("number", "")
    try:
        return _page(name, number=number, found=lists.check(_target(name), name, number))
    except ListError as error:
        return _page(name, number=number, error=str(error))


@blueprint.post("/<name>/add")
def add(name: str) -> str:
    """Add a number or a prefix, or replace what is known about it."""
    target = _target(name)
    try:
        lists.require_own(target, name)
        row = {key: request.form.get(key, "") for key in ("number", "reason", "source", "expires")}
        entry = parse_entry(row)
        today = datetime.now(UTC).date()
        if entry.expires and date.fromisoformat(entry.expires) < today:
            raise ListError(f"expires {entry.expires} is in the past: it would have no effect.")
        done = lists.add(target, lists.new_change(name, "add", console().author), entry)
    except ListError as error:
        return _page(name, error=str(error))
    return _page(name, done=done, warnings=list(entry.warnings(today)))


@blueprint.post("/<name>/remove")
def remove(name: str) -> str:
    """Remove a number or a prefix."""
    target = _target(name)
    try:
        entry = parse_entry({"number": request.form.get("number", "")})
        done = lists.remove(target, lists.new_change(name, "remove", console().author), entry)
    except ListError as error:
        return _page(name, error=str(error))
    return _page(name, done=done)


@blueprint.post("/<name>/import")
def import_file(name: str) -> str | Response:
    """Add the numbers in a file."""
    target, file = _target(name), uploaded("file")
    author, skip = console().author, "skip" in request.form
    if file.content is None:
        return _page(name)
    change = lists.new_change(name, "import", author, file.name)
    return jobs.start(
        "lists.importing",
        "list_pages.imported",
        lambda job: _import(target, change, file, skip, job),
    )


@blueprint.get("/imported/<job_id>")
def imported(job_id: str) -> str:
    """Show the result of an import."""
    return render_template("list_import.html", result=jobs.result_of(job_id, "list_pages.imported"))


def _import(target: Target, change: ListChange, file: Uploaded, skip: bool, job: Job) -> Import:
    """Import a file. Raises ListError, also if it was cancelled: then a part was imported."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, file.name)
        path.write_bytes(file.content or b"")
        try:
            lists.require_own(target, change.name)
            checked = check_file(path, datetime.now(UTC).date())
            if checked.invalid and not skip:
                return Import(change.name, checked, None)
            rows = job.track(lists.rows_of(path, 1), checked.rows)
            report = lists.import_file(target, change, path, checked, rows)
        except (ListError, CsvFileError) as error:
            raise ListError(str(error).replace(f"{folder}/", "")) from None
    return Import(change.name, checked, report)


def _page(name: str, **values: Any) -> str:
    target = _target(name)
    return render_template(
        "list.html",
        name=name,
        is_own=name not in lists.salesforce_lists(target),
        is_used=name in (lists.published_lists(target) or ()),
        changes=lists.history(target, name)[:MAX_CHANGES],
        zone=zone_of(active_document(target)),
        **values,
    )


def _target(name: str) -> Target:
    """Return the running system. Answer 404 without one, or for a name that no list can have."""
    target = console().target
    if target is None or len(name) > MAX_NAME or not re.fullmatch(LIST_NAME, name):
        abort(404)
    return target
