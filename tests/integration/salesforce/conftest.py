"""A client of the module's simulator."""

import pytest

from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.session import SalesforceSession
from local_stack.salesforce import Simulator
from tests.integration.salesforce.tokens import Tokens


@pytest.fixture
def salesforce(simulator: Simulator) -> Simulator:
    return simulator


@pytest.fixture
def tokens(salesforce: Simulator) -> Tokens:
    return Tokens(salesforce)


@pytest.fixture
def client(salesforce: Simulator, tokens: Tokens) -> SalesforceClient:
    return SalesforceClient(SalesforceSession(salesforce.url), "62.0", tokens)
