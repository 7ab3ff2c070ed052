"""Connect the check of a new version to Lambda and CodeDeploy."""

from collections.abc import Callable
from functools import partial

from click_to_dial import aws, settings
from click_to_dial.pre_traffic.check import faults

READ_SECONDS = 30.0
"""Longer than a cold start and the function's Timeout together."""


def checker() -> Callable[[str], list[str]]:
    """Return the check of the version in the environment. Raises KeyError without one."""
    client = aws.create_client("lambda", read_seconds=READ_SECONDS)
    return partial(faults, partial(aws.invoke, client, settings.new_version()))


def reporter() -> Callable[[str, str, str], None]:
    """Return the function that reports the status of a deployment's hook to CodeDeploy.

    Its arguments are the ids of the deployment and of the hook's execution, and the status.
    """
    return partial(aws.report_hook, aws.create_client("codedeploy", read_seconds=READ_SECONDS))
