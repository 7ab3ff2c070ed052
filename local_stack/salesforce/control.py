"""/_simulator: failures, counters and data on command; none of it exists in Salesforce."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local_stack.salesforce.org_file import OrgError, check
from local_stack.salesforce.state import Simulator
from local_stack.salesforce.wire import Request, Response

PREFIX = "/_simulator"


def answer(simulator: Simulator, request: Request) -> Response:
    """The answer of a command: 400 with a sentence for one that cannot be read."""
    command = _COMMANDS.get((request.method, request.path.removeprefix(PREFIX).strip("/")))
    if command is None:
        known = ", ".join(f"{method} {PREFIX}/{name}" for method, name in _COMMANDS)
        return Response(404, {"error": f"There are: {known}."})
    try:
        content = json.loads(request.body) if request.body else {}
        if not isinstance(content, dict):
            raise ValueError("The body must be a JSON object.")
        return Response(200, command(simulator, content))
    except (ValueError, TypeError, OrgError) as error:
        return Response(400, {"error": str(error)})


def _add_fault(simulator: Simulator, content: Mapping[str, Any]) -> Mapping[str, object]:
    sane = (
        isinstance(content.get("kind"), str)
        and isinstance(content.get("path", ""), str)
        and isinstance(content.get("times", 1), int)
        and isinstance(content.get("seconds", 1), int | float)
    )
    if not sane:
        raise ValueError('A fault has a "kind", and may have "times", "path" and "seconds".')
    simulator.fail(**content)
    return content


def _clear_faults(simulator: Simulator, _: Mapping[str, Any]) -> Mapping[str, object]:
    simulator.heal()
    return {}


def _stats(simulator: Simulator, _: Mapping[str, Any]) -> Mapping[str, object]:
    return simulator.stats()


def _reset_stats(simulator: Simulator, _: Mapping[str, Any]) -> Mapping[str, object]:
    simulator.reset_stats()
    return simulator.stats()


def _expire(simulator: Simulator, _: Mapping[str, Any]) -> Mapping[str, object]:
    simulator.expire_tokens()
    return {}


def _secret(simulator: Simulator, content: Mapping[str, Any]) -> Mapping[str, object]:
    if not isinstance(content.get("client_secret"), str):
        raise ValueError('The body must hold a "client_secret".')
    simulator.client_secret = content["client_secret"]
    return {}


def _quota(simulator: Simulator, content: Mapping[str, Any]) -> Mapping[str, object]:
    simulator.daily_calls = int(content.get("max", simulator.daily_calls))
    simulator.used_calls = int(content.get("used", simulator.used_calls))
    return {"max": simulator.daily_calls, "used": simulator.used_calls}


def _records(simulator: Simulator, content: Mapping[str, Any]) -> Mapping[str, object]:
    tables, _ = check(content)
    for name, rows in tables.items():
        for row in rows:
            simulator.org.add(name, row)
    return {name: len(rows) for name, rows in tables.items()}


def _fields(simulator: Simulator, content: Mapping[str, Any]) -> Mapping[str, object]:
    for name, visible in content.items():
        simulator.org.set_field(name, visible=bool(visible))
    return content


_COMMANDS: Mapping[
    tuple[str, str], Callable[[Simulator, Mapping[str, Any]], Mapping[str, object]]
] = {
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "stats"): _stats,
    ("DELETE", "stats"): _reset_stats,
    ("POST", "tokens/expire"): _expire,
    ("POST", "secret"): _secret,
    ("POST", "quota"): _quota,
    ("POST", "records"): _records,
    ("POST", "fields"): _fields,
}
