"""GET …/jtelACD/onClickToDial: may this call be placed, and with which number?"""

from typing import Any

from click_to_dial.decision.warm_start import start
from click_to_dial.decision.wiring import click_to_dial
from click_to_dial.settings import starts_from_snapshot

start(click_to_dial, from_snapshot=starts_from_snapshot())

# These imports run while DynamoDB and Salesforce answer the requests that `start` has sent.
from click_to_dial.decision import api as http  # noqa: E402
from click_to_dial.decision import log  # noqa: E402
from click_to_dial.errors import BadParameterError, DialPlanError  # noqa: E402
from click_to_dial.observability import logger, metrics  # noqa: E402


@logger.inject_lambda_context(correlation_id_path=log.REQUEST_ID)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> http.Response:
    """Answer an API Gateway proxy event. Even after a defect, the answer follows the contract."""
    try:
        return respond(event)
    except Exception as error:
        log.log_defect(error)
        return http.internal_error()


def respond(event: http.Event) -> http.Response:
    """Return the answer. Write the log line and the metrics."""
    if not http.is_our_route(event):
        log.log_no_such_path()
        return http.no_such_path()
    try:
        request = http.read_request(event)  # invalid parameters are rejected before any I/O
        report = click_to_dial().decide(request)
    except BadParameterError as error:
        log.log_bad_parameter(error)
        return http.bad_parameter(error)
    except DialPlanError as error:
        log.log_no_dial_plan(error)
        return http.no_dial_plan(error)
    log.log_report(report)
    return http.answer(report)
