"""boto3's clients as click_to_dial's adapters call them.

People have profiles, single sign-on and proxies, which boto3 knows, and more patience than an agent
on the telephone; the functions have a client of their own: click_to_dial.aws.
"""

from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from click_to_dial.aws.client import Answer, AwsClient
from click_to_dial.aws.errors import AwsError


def adapted(client: Any) -> AwsClient:
    """boto3's `client`, called as the adapters do, with the errors that they know."""

    def call(operation: str, **request: Any) -> Answer:
        try:
            answer: Answer = getattr(client, xform_name(operation))(**request)
        except ClientError as error:
            said = error.response["Error"]
            raise AwsError(said["Code"], said.get("Message", "")) from error
        except BotoCoreError as error:
            raise AwsError(type(error).__name__, str(error), passing=True) from error
        return answer

    return call
