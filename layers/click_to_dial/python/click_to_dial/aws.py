"""AWS clients with timeouts that fit a waiting agent. The sole importer of boto3 and botocore."""

from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from click_to_dial.errors import SalesforceConfigurationError, SalesforceUnavailableError

AwsClient = Any
"""boto3 makes its clients at run time, so there is no class to name."""

AwsError = (BotoCoreError, ClientError)

# DynamoDB answers within milliseconds; what takes longer is not worth an agent's waiting.
_CONFIG = Config(
    connect_timeout=0.3,
    read_timeout=0.6,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
)


def client(service: str) -> AwsClient:
    """A client of `service` in the region, with the credentials, of the environment."""
    return boto3.client(service, config=_CONFIG)


def read_secret(secret_id: str) -> str:
    """The text of a secret in Secrets Manager.

    Raises SalesforceConfigurationError where it may not be read or is empty,
    SalesforceUnavailableError where Secrets Manager does not answer.
    """
    try:
        return str(client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise SalesforceConfigurationError(
            "secret-unreadable", f"The Salesforce secret cannot be read ({code})."
        ) from error
    except KeyError as error:
        raise SalesforceConfigurationError(
            "secret-empty", "The Salesforce secret is empty: store client_id and client_secret."
        ) from error
    except BotoCoreError as error:
        raise SalesforceUnavailableError(
            "secret-unreachable", "Secrets Manager does not answer."
        ) from error


def is_condition_failure(error: Exception) -> bool:
    """Whether a conditional write was refused because its condition did not hold."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
    return code in ("ConditionalCheckFailedException", "TransactionCanceledException")
