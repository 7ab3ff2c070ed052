"""Lambda function for GET /jtelACD/onClickToDial: decide whether a call may be placed."""

from typing import Any

from click_to_dial.decision.warm_start import start
from click_to_dial.decision.wiring import click_to_dial
from click_to_dial.settings import starts_from_snapshot

start(click_to_dial, from_snapshot=starts_from_snapshot())

# Imported after the start, which waits for DynamoDB and Salesforce meanwhile.
from click_to_dial.decision import api as http  # noqa: E402
from click_to_dial.decision import log  # noqa: E402
from click_to_dial.errors import BadParameterError, DialPlanError  # noqa: E402
from click_to_dial.observability import log_request_id, logger, metrics  # noqa: E402


@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> http.Response:
    """Return the response to a proxy event. Every error becomes a response of the contract."""
    try:
        return respond_with_context(event, context)
    except Exception as error:
        log.log_defect(error)
        return http.internal_error()


@logger.inject_lambda_context
def respond_with_context(event: http.Event, context: Any) -> http.Response:
    """Decide the request; each log line has the ids of the event and of the invocation."""
    log_request_id(event)
    return respond(event)


def respond(event: http.Event) -> http.Response:
    """Decide the request; log and count the result."""
    if not http.is_our_route(event):
        log.log_no_such_path()
        return http.no_such_path()
    try:
        request = http.read_request(event)
        report = click_to_dial().decide(request)
    except BadParameterError as error:
        log.log_bad_parameter(error)
        return http.bad_parameter(error)
    except DialPlanError as error:
        log.log_no_dial_plan(error)
        return http.no_dial_plan()
    log.log_report(report)
    return http.answer(report)
