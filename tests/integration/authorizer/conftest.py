"""The simulator with one user, for all tests of a module."""

from collections.abc import Iterator

import pytest

from local_stack.salesforce import Simulator, running
from tests.callers import USER


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    user = {"Id": USER, "Username": "alice@acme.example", "CommunityNickname": "alice"}
    with running({"User": [user]}) as simulator:
        yield simulator


@pytest.fixture
def salesforce(simulator: Simulator) -> Iterator[Simulator]:
    yield simulator
    simulator.heal()
    simulator.expire_tokens()
