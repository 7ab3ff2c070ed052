"""One log line and a few metrics for each request, without phone numbers, names or tokens."""

import traceback
from typing import Any

from click_to_dial.decision.fact_sources import GatheredFacts
from click_to_dial.decision.service import Report
from click_to_dial.errors import (
    BadParameterError,
    DialPlanError,
    SalesforceConfigurationError,
    SalesforceError,
)
from click_to_dial.model import Agent, Decision
from click_to_dial.observability import count, logger, metrics

MESSAGE = "onClickToDial"
REQUEST_ID = "requestContext.requestId"
"""Where an API Gateway event has the id that jtel gets in a header and the access log holds."""


def log_report(report: Report) -> None:
    """A call that was decided, or whose record does not exist."""
    gathered, decision = report.gathered, report.decision
    outcome = _outcome(decision)
    fields: dict[str, Any] = {
        "outcome": outcome,
        "rule": decision.rule if decision else None,
        "reason": decision.reason if decision else None,
        "plan_version": report.plan_version,
        "duration_ms": report.duration_ms,
        "callee": report.callee,
        "callee_kind": report.click.callee.kind,
        "record_from": gathered.record_from,
        "agent_from": gathered.agent_from,
        "record_age": round(gathered.record_age),
        "agent_age": round(gathered.agent_age),
        "salesforce_calls": gathered.salesforce_calls,
        "salesforce_failures": [failure.reason for failure in gathered.failures],
        "cache_failed": gathered.cache_failed,
    }
    remedies = [str(failure) for failure in _misconfigured(gathered)]
    if report.plan_failure is not None:
        remedies.append(str(report.plan_failure))
    _count_shares(outcome, gathered.agent)
    count(*({outcome} - {"DecidedAsOutage"}), *_side_effects(report))
    if remedies:
        logger.error(MESSAGE, extra=fields | {"remedy": remedies})
    else:
        logger.info(MESSAGE, extra=fields)


def log_bad_parameter(error: BadParameterError) -> None:
    """A 400: which parameter, never its value."""
    count("BadParameter")
    logger.warning(MESSAGE, extra={"outcome": "BadParameter", "parameter": error.parameter})


def log_no_dial_plan(error: DialPlanError) -> None:
    """A 503: nothing is published, or nothing can be read."""
    count("NoDialPlan")
    logger.error(MESSAGE, extra={"outcome": "NoDialPlan", "remedy": str(error)})


def log_no_such_path() -> None:
    """A 404 for another path or method."""
    count("NoSuchPath")
    logger.warning(MESSAGE, extra={"outcome": "NoSuchPath"})


def log_defect(error: Exception) -> None:
    """A 500: the kind of error and the way to it. Its message might quote a phone number."""
    count("Defect")
    way = [
        f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)
    ]
    fields = {"outcome": "Defect", "error": type(error).__name__, "at": way}
    logger.error(MESSAGE, extra=fields)


def _outcome(decision: Decision | None) -> str:
    if decision is None:
        return "NoSuchRecord"
    if decision.cause == "outage":
        return "DecidedAsOutage"
    if decision.cause == "unresolved":
        return "Unresolved"
    return "Refused" if decision.service_number is None else "Allowed"


def _misconfigured(gathered: GatheredFacts) -> list[SalesforceError]:
    return [each for each in gathered.failures if isinstance(each, SalesforceConfigurationError)]


def _side_effects(report: Report) -> list[str]:
    """What an operator wants to know about besides the outcome."""
    gathered = report.gathered
    record = gathered.record
    effects = {
        "CacheFailed": gathered.cache_failed,
        "DialPlanNotChecked": report.plan_failure is not None,
        "SalesforceFailed": bool(gathered.failures),
        "SalesforceLoginFailed": any(map(_is_of_login, gathered.failures)),
        "SalesforceMisconfigured": bool(_misconfigured(gathered)),
        "StaleFacts": "stale" in (gathered.record_from, gathered.agent_from),
        "UnknownKeyPrefix": record is not None and record.object_name is None,
    }
    return [name for name, holds in effects.items() if holds]


def _is_of_login(failure: SalesforceError) -> bool:
    return failure.reason.startswith(("login-", "secret-"))


def _count_shares(outcome: str, agent: Agent | None) -> None:
    """Counted as 0 too, so that their average is a share of the calls: what alarms look at."""
    shares = {"DecidedAsOutage": outcome == "DecidedAsOutage"}
    if agent is not None:
        shares["UnknownAgent"] = not agent.known
    for name, holds in shares.items():
        metrics.add_metric(name=name, unit="Count", value=int(holds))
