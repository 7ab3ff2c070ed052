"""Long work: it runs in a thread, its page shows the progress, and it can be cancelled."""

import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, Flask, abort, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response

from click_to_dial.errors import ClickToDialError
from dialplan_cli.console.security import reads_only

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")

EXTENSION = "jobs"
"""Name under which the app keeps its jobs."""

MAX_JOBS = 20
"""Maximum number of jobs that are kept. The oldest finished ones are forgotten first."""

T = TypeVar("T")


class JobCancelledError(ClickToDialError):
    """The user has cancelled the job."""


@dataclass(slots=True)
class Job:
    """Work in progress, or its result.

    `title` is the key of a text. `done` counts the items so far, out of `total` if that is known.
    `view` is the endpoint of the page that shows the result. `error` is set if the job failed.
    """

    title: str
    view: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    done: int = 0
    total: int | None = None
    finished: bool = False
    result: Any = None
    error: Exception | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)

    def track(self, items: Iterable[T], total: int | None = None) -> Iterator[T]:
        """Yield the items and count them. Raises JobCancelledError if the user cancels."""
        self.done, self.total = 0, total
        for item in items:
            if self.cancelled.is_set():
                raise JobCancelledError("It was cancelled.")
            yield item
            self.done += 1


def register(app: Flask) -> None:
    """Add the pages of jobs to an app."""
    app.extensions[EXTENSION] = {}
    app.register_blueprint(blueprint)


def start(title: str, view: str, work: Callable[[Job], Any]) -> Response:
    """Start work in a thread. Return a redirection to the page with its progress."""
    job = Job(title, view)
    jobs = _jobs()
    jobs[job.id] = job
    finished = [each.id for each in jobs.values() if each.finished]
    for job_id in finished[: max(0, len(jobs) - MAX_JOBS)]:
        del jobs[job_id]

    def run() -> None:
        try:
            job.result = work(job)
        except Exception as error:  # its page shows it, as for a request without a job
            job.error = error
        finally:
            job.finished = True

    threading.Thread(target=run, daemon=True).start()
    return redirect(url_for("jobs.show", job_id=job.id))


def find(job_id: str) -> Job:
    """Return a job, or answer 404 if it is forgotten."""
    job = _jobs().get(job_id)
    if job is None:
        abort(404)
    return job


def result_of(job_id: str, view: str) -> Any:
    """Return the result of a job for the page `view`. Raises its error.

    Answers 404 if there is no result yet, or if the job belongs to another page.
    """
    job = find(job_id)
    if job.view != view:
        abort(404)
    if job.error is not None:
        raise job.error
    if not job.finished:
        abort(404)
    return job.result


@blueprint.get("/<job_id>")
def show(job_id: str) -> str | Response:
    """Show the progress of a job, or its result when it is finished."""
    job = find(job_id)
    ended = isinstance(job.error, JobCancelledError)
    if job.finished and not ended:
        return redirect(url_for(job.view, job_id=job.id))
    return render_template("job.html", job=job, ended=ended)  # the job may finish meanwhile


@blueprint.post("/<job_id>/cancel")
@reads_only
def cancel(job_id: str) -> Response:
    """Ask a job to end."""
    find(job_id).cancelled.set()
    return redirect(url_for("jobs.show", job_id=job_id))


def _jobs() -> dict[str, Job]:
    jobs: dict[str, Job] = current_app.extensions[EXTENSION]
    return jobs
