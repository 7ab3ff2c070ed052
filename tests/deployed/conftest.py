"""One local AWS and one Salesforce simulator for the whole rehearsal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_stack.salesforce.server import running as simulator
from local_stack.salesforce.simulator import Simulator
from tests.deployed.local_aws import ROOT, LocalAws, running


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with running(tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def salesforce() -> Iterator[Simulator]:
    with simulator(ROOT / "local_stack/demo_org.json") as salesforce:
        yield salesforce


@pytest.fixture(scope="session")
def built() -> Path:
    """The result of `make build`."""
    return ROOT / ".aws-sam/build/template.yaml"
