"""The environment of all tests: nothing of the developer's AWS account, and invalid credentials.

It is set before a test module, and so before a client, is imported.
"""

import io
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from local_stack.template import aws_at

for name in [name for name in os.environ if name.startswith(("AWS_", "POWERTOOLS_"))]:
    del os.environ[name]
os.environ |= {
    **aws_at("http://127.0.0.1:9"),  # nothing listens there
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "POWERTOOLS_METRICS_NAMESPACE": "ClickToDial",
    "POWERTOOLS_SERVICE_NAME": "a-stack",
}

settings.register_profile("any-machine", deadline=None)  # a slow machine is not a failure
settings.load_profile("any-machine")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """The log lines of the functions."""
    from click_to_dial.observability import logger

    registered: Any = logger.registered_handler
    stream, registered.stream = registered.stream, io.StringIO()
    yield registered.stream
    registered.stream = stream
