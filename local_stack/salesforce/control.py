"""Commands of the simulator below /_simulator: faults, counters and data. Salesforce has none."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from werkzeug import Request

from local_stack.salesforce.organisation import OrganisationError, parse_tables
from local_stack.salesforce.responses import ApiResponse
from local_stack.salesforce.simulator import Simulator

PREFIX = "/_simulator"
Content = Mapping[str, Any]


def respond(simulator: Simulator, request: Request) -> ApiResponse:
    """Execute a command. The response is 400 with a sentence if its body cannot be used."""
    command = _COMMANDS.get((request.method, request.path.removeprefix(PREFIX).strip("/")))
    if command is None:
        known = ", ".join(f"{method} {PREFIX}/{name}" for method, name in _COMMANDS)
        return ApiResponse(404, {"error": f"There are: {known}."})
    try:
        body = request.get_data()
        content = json.loads(body) if body else {}
        if not isinstance(content, dict):
            raise ValueError("The body must be a JSON object.")
        return ApiResponse(200, command(simulator, content))
    except (ValueError, TypeError, OrganisationError) as error:
        return ApiResponse(400, {"error": str(error)})


def add_fault(simulator: Simulator, content: Content) -> Content:
    """Activate a fault."""
    valid = (
        isinstance(content.get("kind"), str)
        and isinstance(content.get("path", ""), str)
        and isinstance(content.get("times", 1), int)
        and isinstance(content.get("seconds", 1), int | float)
    )
    if not valid:
        raise ValueError('A fault has a "kind", and may have "times", "path" and "seconds".')
    simulator.fail(**content)
    return content


def clear_faults(simulator: Simulator, _: Content) -> Content:
    """Deactivate all faults."""
    simulator.heal()
    return {}


def stats(simulator: Simulator, _: Content) -> Content:
    """Return the counters."""
    return simulator.stats()


def reset_stats(simulator: Simulator, _: Content) -> Content:
    """Reset the counters."""
    simulator.reset_stats()
    return simulator.stats()


def expire_tokens(simulator: Simulator, _: Content) -> Content:
    """Make all tokens invalid that were issued so far."""
    simulator.expire_tokens()
    return {}


def set_secret(simulator: Simulator, content: Content) -> Content:
    """Rotate the client's secret."""
    if not isinstance(content.get("client_secret"), str):
        raise ValueError('The body must contain a "client_secret".')
    simulator.client_secret = content["client_secret"]
    return {}


def set_quota(simulator: Simulator, content: Content) -> Content:
    """Set the number of API calls per day, and how many are used."""
    simulator.daily_calls = int(content.get("max", simulator.daily_calls))
    simulator.used_calls = int(content.get("used", simulator.used_calls))
    return {"max": simulator.daily_calls, "used": simulator.used_calls}


def add_records(simulator: Simulator, content: Content) -> Content:
    """Add or replace rows."""
    tables, _ = parse_tables(content)
    for name, rows in tables.items():
        for row in rows:
            simulator.org.add(name, row)
    return {name: len(rows) for name, rows in tables.items()}


def set_fields(simulator: Simulator, content: Content) -> Content:
    """Declare, show or hide fields."""
    for name, visible in content.items():
        simulator.org.set_field(name, visible=bool(visible))
    return content


_COMMANDS: Mapping[tuple[str, str], Callable[[Simulator, Content], Content]] = {
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("GET", "stats"): stats,
    ("DELETE", "stats"): reset_stats,
    ("POST", "tokens/expire"): expire_tokens,
    ("POST", "secret"): set_secret,
    ("POST", "quota"): set_quota,
    ("POST", "records"): add_records,
    ("POST", "fields"): set_fields,
}
