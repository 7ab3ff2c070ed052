"""Screen "Rules": the dial plan in order, in words."""

import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template

from dialplan_cli.console.context import Console, console
from dialplan_cli.plan.hours import home_zone
from dialplan_cli.plan.read import read_plan
from dialplan_cli.publications import read_version

blueprint = Blueprint("rules", __name__, url_prefix="/rules")


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """The plan that the pages show: its document, its name, and the home zone.

    `version` is None if it is a file.
    """

    document: dict[str, Any]
    name: str
    zone: str
    version: int | None


def shown_plan(shown: Console) -> ShownPlan:
    """Return the plan file of the console, or the active plan if there is none.

    Raises PlanFileError, NoDialPlanError, DynamoDBError.
    """
    version: int | None = None
    if shown.plan_file is not None:
        document, name = read_plan(shown.plan_file).document, str(shown.plan_file)
    else:
        assert shown.target is not None  # the command requires a file or a target
        stored = read_version(shown.target.store, None)
        document, name, version = dict(stored.document), str(stored.version), stored.version
    zone = home_zone(document["home_region"], document.get("home_zone")) or "UTC"
    return ShownPlan(document, name, zone, version)


@blueprint.get("/")
def show() -> str:
    """Show the rules in order."""
    plan = shown_plan(console())
    return render_template("rules.html", plan=plan, now=time.time())
