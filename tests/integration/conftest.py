"""One moto for all integration tests, and the template's table, a new one for each test.

Sockets stay open: the Salesforce simulator is an HTTP server.
"""

import uuid
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from moto import mock_aws

from click_to_dial import aws
from local import moto_in_turn, template


class Table(NamedTuple):
    client: aws.AwsClient
    name: str


@pytest.fixture(scope="session")
def dynamodb() -> Iterator[aws.AwsClient]:
    moto_in_turn.install()
    with mock_aws():
        yield aws.client("dynamodb")


@pytest.fixture
def table(dynamodb: aws.AwsClient) -> Table:
    name = f"table-{uuid.uuid4()}"
    template.create_table(dynamodb, template.load(), name)
    return Table(dynamodb, name)
