"""Lambda function that CodeDeploy runs before a new version of the API's function gets traffic."""

from typing import Any

from click_to_dial.observability import logger
from click_to_dial.pre_traffic.wiring import checker, reporter

check, report = checker(), reporter()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, str], context: Any) -> dict[str, Any]:
    """Check the new version and tell CodeDeploy whether it may get traffic.

    Return the status and the faults. Raises DeploymentHookError if CodeDeploy did not accept the
    status; it then stops the deployment after an hour.
    """
    deployment = event["DeploymentId"]
    faults = check(deployment)
    status = "Failed" if faults else "Succeeded"
    log = logger.error if faults else logger.info
    log("preTraffic", extra={"outcome": status, "faults": faults, "deployment": deployment})
    report(deployment, event["LifecycleEventHookExecutionId"], status)
    return {"status": status, "faults": faults}
