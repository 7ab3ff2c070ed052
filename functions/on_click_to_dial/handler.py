"""GET …/jtelACD/onClickToDial: may this call be placed, and which number shall be signalled?"""

from typing import Any

from click_to_dial.decision.warm_start import start
from click_to_dial.decision.wiring import click_to_dial
from click_to_dial.settings import starts_from_snapshot

start(click_to_dial, from_snapshot=starts_from_snapshot())

# After it: while DynamoDB and Salesforce answer what was begun, the rest is imported.
from click_to_dial.decision import api as http  # noqa: E402
from click_to_dial.decision import log  # noqa: E402
from click_to_dial.errors import BadParameterError, DialPlanError  # noqa: E402
from click_to_dial.observability import logger, metrics  # noqa: E402


@logger.inject_lambda_context(correlation_id_path=log.REQUEST_ID)
@metrics.log_metrics
def lambda_handler(event: dict[str, Any], context: Any) -> http.Response:
    """Answers an API Gateway proxy event; whatever happens, the answer is one of the contract."""
    try:
        return respond(event)
    except Exception as error:
        log.log_defect(error)
        return http.internal_error()


def respond(event: http.Event) -> http.Response:
    """The answer, logged and counted."""
    if not http.is_our_route(event):
        log.log_no_such_path()
        return http.no_such_path()
    try:
        request = http.read_request(event)  # what cannot be read is refused before any I/O
        report = click_to_dial().decide(request)
    except BadParameterError as error:
        log.log_bad_parameter(error)
        return http.bad_parameter(error)
    except DialPlanError as error:
        log.log_no_dial_plan(error)
        return http.no_dial_plan(error)
    log.log_report(report)
    return http.answer(report)
