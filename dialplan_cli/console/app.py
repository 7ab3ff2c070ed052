"""The Flask app of the console: its screens, and a page for every error.

A screen is a module with a blueprint of the same name, a template, and a section in `texts/`.
"""

import traceback
from datetime import UTC, datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, g, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from click_to_dial.errors import ClickToDialError, PlanConflictError
from dialplan_cli.console import calls, changes, jobs, list_pages, rules, try_call, versions
from dialplan_cli.console.context import EXTENSION, Console
from dialplan_cli.console.language import grouped, has_text, language, text
from dialplan_cli.console.security import READ_ONLY, Access, protect
from dialplan_cli.plan.source import PlanFileError

SCREENS = (rules, try_call, calls, changes, versions)
"""The modules of the screens, in the order of the navigation."""


def create_app(console: Console, access: Access) -> Flask:
    """Return the app of a console. A browser gets access as `access` says."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = console
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    protect(app, access)
    for screen in SCREENS:
        app.register_blueprint(screen.blueprint)
    jobs.register(app)
    app.register_blueprint(list_pages.blueprint)
    app.add_url_rule("/", "index", lambda: redirect(url_for(f"{SCREENS[0].blueprint.name}.show")))
    app.jinja_env.globals.update(text=text, has_text=has_text, language=language)
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["grouped"] = grouped

    @app.context_processor
    def shared() -> dict[str, object]:
        return {
            "console": console,
            "csrf": g.get("csrf", ""),
            "screens": [screen.blueprint.name for screen in SCREENS],
        }

    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(PlanFileError, _plan_errors)
    for failure in (ClickToDialError, BotoCoreError, ClientError, OSError):
        app.register_error_handler(failure, _failure)
    app.register_error_handler(Exception, _defect)
    return app


def moment(time: float | str, zone: str, *, seconds: bool = False) -> str:
    """Return a time as people write it in a time zone. It is given in seconds or in ISO 8601."""
    at = (
        datetime.fromisoformat(time) if isinstance(time, str) else datetime.fromtimestamp(time, UTC)
    )
    local = at.astimezone(ZoneInfo(zone))
    date = "%d.%m.%Y" if language() == "de" else "%Y-%m-%d"
    return local.strftime(f"{date} %H:%M:%S" if seconds else f"{date} %H:%M")


def _http_error(error: HTTPException) -> Response | tuple[str, int]:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if status < HTTPStatus.BAD_REQUEST:
        return Response(status=status, headers=error.get_headers())
    key = "error.read_only" if error.description == READ_ONLY else f"error.{status}"
    message = text(key) if has_text(key) else text("error.other")
    return render_template("error.html", message=message, detail=""), status


def _plan_errors(error: PlanFileError) -> tuple[str, int]:
    """Show all errors of a plan file."""
    page = render_template("plan_errors.html", problems=error.problems)
    return page, HTTPStatus.UNPROCESSABLE_ENTITY


def _failure(error: Exception) -> tuple[str, int]:
    """Say in a sentence that the system cannot be reached or refused the request.

    The status is 409 if another version of the plan became active meanwhile.
    """
    detail = f"{error} {error.__cause__ or ''}".strip()
    page = render_template("error.html", message=text("error.failure"), detail=detail)
    is_conflict = isinstance(error, PlanConflictError)
    return page, HTTPStatus.CONFLICT if is_conflict else HTTPStatus.BAD_GATEWAY


def _defect(error: Exception) -> tuple[str, int]:
    """Say that this is a bug. Its place is shown, but not its values, which may be of a call."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    detail = f"{type(error).__name__}, {frame.name}:{frame.lineno}, {request.path}"
    page = render_template("error.html", message=text("error.defect"), detail=detail)
    return page, HTTPStatus.INTERNAL_SERVER_ERROR
