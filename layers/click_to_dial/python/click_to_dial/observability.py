"""The logger and the metrics that all functions share: the only import of Powertools.

Powertools reads the service, which is the name of the stack, and the namespace from the
environment. Metrics have no other dimension, because CloudWatch bills each value of each dimension.
"""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
metrics = Metrics()


def count(*names: str) -> None:
    """Add one to each of these metrics of the invocation."""
    for name in names:
        metrics.add_metric(name=name, unit=MetricUnit.Count, value=1)
