"""One log line and a few metrics for each request, without phone numbers, names or tokens."""

import traceback
from typing import Any

from click_to_dial.decision.service import Report
from click_to_dial.errors import (
    BadParameterError,
    ClickToDialError,
    DialPlanError,
    SalesforceConfigurationError,
    SalesforceError,
    SecretError,
)
from click_to_dial.model import Decision
from click_to_dial.observability import count, describe, logger, metrics

MESSAGE = "onClickToDial"
MAX_RULES_BEFORE = 1000
"""Maximum number of characters that a log line has of the rules before the one that decided."""


def log_report(report: Report) -> None:
    """Log and count a call that was decided, or whose record does not exist."""
    gathered, decision = report.gathered, report.decision
    outcome = _outcome(decision)
    failures: list[ClickToDialError] = [*gathered.failures, *gathered.cache_failures]
    remedies = [str(each) for each in gathered.failures if _needs_administrator(each)]
    if report.plan_failure is not None:
        failures.append(report.plan_failure)
        remedies.append(str(report.plan_failure))
    if report.hash_failure is not None:
        failures.append(report.hash_failure)
        if isinstance(report.hash_failure, SecretError):
            remedies.append(f"The key of the hashes cannot be read: {report.hash_failure}")
    fields: dict[str, Any] = {
        "outcome": outcome,
        "rule": decision.rule if decision else None,
        "rules_before": _rules_before(decision) if decision else [],
        "rules_evaluated": len(decision.trace) if decision else 0,
        "reason": decision.reason if decision else None,
        "plan_version": report.plan_version,
        "duration_ms": report.duration_ms,
        "callee": report.callee,
        "callee_kind": report.click.callee.kind,
        "ambiguous": report.click.other_callee is not None,
        "record_from": gathered.record_from,
        "agent_from": gathered.agent_from,
        "record_age": round(gathered.record_age),
        "agent_age": round(gathered.agent_age),
        "salesforce_calls": gathered.salesforce_calls,
        "salesforce_failures": [failure.reason for failure in gathered.failures],
        "cache_failed": bool(gathered.cache_failures),
        "failures": [describe(failure) for failure in failures],
    }
    # Counted as 1 or 0, so that the average is the share of calls, which the alarms watch.
    metrics.add_metric("DecidedAsOutage", "Count", int(outcome == "DecidedAsOutage"))
    if gathered.agent is not None:
        metrics.add_metric("UnknownAgent", "Count", int(not gathered.agent.known))
    count(*({outcome} - {"DecidedAsOutage"}), *_side_effects(report))
    if remedies:
        logger.error(MESSAGE, extra=fields | {"remedy": remedies})
    else:
        logger.info(MESSAGE, extra=fields)


def log_bad_parameter(error: BadParameterError) -> None:
    """Log a 400 with the name of the parameter, not its value."""
    count("BadParameter")
    logger.warning(MESSAGE, extra={"outcome": "BadParameter", "parameter": error.parameter})


def log_no_dial_plan(error: DialPlanError) -> None:
    """Log a 503: no dial plan is published, or it cannot be read."""
    count("NoDialPlan")
    fields = {"outcome": "NoDialPlan", "remedy": str(error), "failures": [describe(error)]}
    logger.error(MESSAGE, extra=fields)


def log_no_such_path() -> None:
    """Log a 404 for another path or method."""
    count("NoSuchPath")
    logger.warning(MESSAGE, extra={"outcome": "NoSuchPath"})


def log_defect(error: Exception) -> None:
    """Log a 500 with the type and the place of the error; its message may contain a number."""
    count("Defect")
    frames = traceback.extract_tb(error.__traceback__)
    fields = {
        "outcome": "Defect",
        "error": type(error).__name__,
        "at": [f"{frame.filename}:{frame.lineno}" for frame in frames],
    }
    logger.error(MESSAGE, extra=fields)


def _outcome(decision: Decision | None) -> str:
    if decision is None:
        return "NoSuchRecord"
    if decision.cause == "outage":
        return "DecidedAsOutage"
    if decision.cause == "unresolved":
        return "Unresolved"
    return "Refused" if decision.service_number is None else "Allowed"


def _rules_before(decision: Decision) -> list[tuple[str, str | None]]:
    """Return the ids of the rules before the deciding one, and the fact that failed in each.

    The values of the facts are left out. If there are too many rules, the last ones are kept. A
    rule without such a fact found no number, or may not refuse an emergency call.
    """
    rules: list[tuple[str, str | None]] = []
    size = 0
    for rule, result, fact, _ in reversed(decision.trace):
        if result in ("decided", "unknown"):
            continue
        size += len(rule) + len(fact or "")
        if size > MAX_RULES_BEFORE:
            break
        rules.append((rule, fact))
    return rules[::-1]


def _needs_administrator(failure: SalesforceError) -> bool:
    return isinstance(failure, SalesforceConfigurationError)


def _side_effects(report: Report) -> list[str]:
    """Return the metrics that an operator watches besides the outcome."""
    gathered = report.gathered
    record = gathered.record
    logins = [each for each in gathered.failures if each.reason.startswith(("login-", "secret-"))]
    effects = {
        "AmbiguousNumber": report.click.other_callee is not None,
        "CacheFailed": bool(gathered.cache_failures),
        "DialPlanNotChecked": report.plan_failure is not None,
        "SalesforceFailed": bool(gathered.failures),
        "SalesforceLoginFailed": bool(logins),
        "SalesforceMisconfigured": any(map(_needs_administrator, gathered.failures)),
        "StaleFacts": "stale" in (gathered.record_from, gathered.agent_from),
        "UnknownKeyPrefix": record is not None and record.object_name is None,
    }
    return [name for name, occurred in effects.items() if occurred]
