"""Screen "Calls": the decisions of a period, their outcomes over time, and what the log knows."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from click_to_dial.dialplan.conditions import ATTEMPTS, LISTED
from click_to_dial.dynamodb.plan_store import Document
from dialplan_cli.console import jobs
from dialplan_cli.console.context import console
from dialplan_cli.console.shown_plan import active_document, zone_of
from dialplan_cli.console.words import Words
from dialplan_cli.decision_log import Calls, Track
from dialplan_cli.decision_statistics import ERRORS, OUTCOMES, Statistics, group_of, statistics
from dialplan_cli.targets import Target

blueprint = Blueprint("calls", __name__, url_prefix="/calls")

PERIODS = {"hour": 3600, "day": 24 * 3600, "week": 7 * 24 * 3600, "month": 30 * 24 * 3600}
"""The periods that can be chosen, in seconds."""

CALLS_PER_PAGE = 50

CHART_HEIGHT = 100
BAR_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a bar of the chart: the calls with one outcome in an interval."""

    outcome: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Period:
    """The calls that were read of a period, from `since` until `until`, in seconds since 1970.

    `document` is the active plan, or None if it cannot be read.
    """

    name: str
    since: float
    until: float
    found: Calls
    document: Document | None

    @property
    def zone(self) -> str:
        """The home zone, or UTC if it is not known."""
        return zone_of(self.document)


@blueprint.get("/")
def show() -> str | Response:
    """Show the calls of a period. CloudWatch takes a while for a longer one than an hour."""
    target = console().target
    if target is None:
        return render_template("calls.html", period=None)
    name = request.args.get("period", "hour")
    if name not in PERIODS:
        abort(404)
    if target.log_file is None and PERIODS[name] > PERIODS["hour"]:
        return jobs.start(
            "calls.reading", "calls.result", lambda job: read_period(target, name, job.track)
        )
    return _page(read_period(target, name, iter), partial(url_for, "calls.show", period=name))


@blueprint.get("/read/<job_id>")
def result(job_id: str) -> str:
    """Show the calls that a job has read."""
    return _page(
        jobs.result_of(job_id, "calls.result"), partial(url_for, "calls.result", job_id=job_id)
    )


def read_period(target: Target, name: str, track: Track) -> Period:
    """Read the calls of one of PERIODS. Raises DecisionLogError."""
    until = time.time()
    since = until - PERIODS[name]
    return Period(name, since, until, target.calls(since, track), active_document(target))


def fact_in_words(name: str, period: Period) -> str:
    """Return the fact of a condition in words. Those of lists and limits have their names in it."""
    if period.document is None:
        return name
    group = next((each for each in (LISTED, ATTEMPTS) if name.startswith(f"{each}.")), name)
    return Words(period.document, period.zone, period.until).fact(group)


def _page(period: Period, address: Callable[..., str]) -> str:
    """Return the page about the calls that are chosen in the query. `address` is its own."""
    chosen = {name: request.args.get(name, "") for name in ("outcome", "rule")}
    calls = [
        call
        for call in period.found.calls
        if chosen["outcome"] in ("", group_of(call.outcome)) and chosen["rule"] in ("", call.rule)
    ]
    all_calls = statistics(period.found.calls, period.since, period.until)
    shown = statistics(calls, period.since, period.until)
    page = max(1, request.args.get("page", 1, type=int))
    first = (page - 1) * CALLS_PER_PAGE
    return render_template(
        "calls.html",
        period=period,
        periods=PERIODS,
        is_live=page == 1 and request.endpoint == "calls.show",
        chosen=chosen,
        outcomes=[name for name in (*OUTCOMES, ERRORS) if all_calls.outcomes.get(name)],
        rules=sorted(all_calls.rules),
        statistics=shown,
        bars=bars(shown),
        group_of=group_of,
        fact_in_words=fact_in_words,
        calls=calls[first : first + CALLS_PER_PAGE],
        page=page,
        pages=max(1, math.ceil(len(calls) / CALLS_PER_PAGE)),
        link=lambda number: address(page=number, **{k: v for k, v in chosen.items() if v}),
    )


def bars(shown: Statistics) -> Sequence[Bar]:
    """Return the parts of the stacked chart. The highest bar fills it."""
    highest = max((each.total for each in shown.intervals), default=0) or 1
    found: list[Bar] = []
    for position, interval in enumerate(shown.intervals):
        top = float(CHART_HEIGHT)
        for outcome in (*OUTCOMES, ERRORS):
            count = interval.counts.get(outcome, 0)
            if count:
                height = CHART_HEIGHT * count / highest
                top -= height
                x = BAR_WIDTH * position + 1
                found.append(Bar(outcome, x, round(top, 2), round(height, 2)))
    return found
