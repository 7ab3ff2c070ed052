"""Requests that boto3 sends again because the first answer was lost."""

from typing import Any

from botocore.httpsession import URLLib3Session

from click_to_dial.aws import AwsClient


def send_twice(client: AwsClient, operation: str) -> None:
    """Make `client` send each request of an operation of DynamoDB twice, with the same body."""

    def send(request: Any, **_: Any) -> None:
        URLLib3Session().send(request)

    client.meta.events.register(f"before-send.dynamodb.{operation}", send)
