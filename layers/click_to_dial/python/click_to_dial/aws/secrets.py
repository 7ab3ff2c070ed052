"""Secrets of Secrets Manager."""

from click_to_dial.aws.client import AwsClient
from click_to_dial.aws.errors import AwsError
from click_to_dial.errors import SalesforceConfigurationError, SalesforceUnavailableError


def read_secret(client: AwsClient, secret_id: str) -> str:
    """The text of the secret with Salesforce's credentials.

    Raises SalesforceConfigurationError where it may not be read or is empty,
    SalesforceUnavailableError where Secrets Manager does not answer.
    """
    try:
        return str(client("GetSecretValue", SecretId=secret_id)["SecretString"])
    except AwsError as error:
        if error.passing:
            raise SalesforceUnavailableError(
                "secret-unreachable", "Secrets Manager does not answer."
            ) from error
        raise SalesforceConfigurationError(
            "secret-unreadable", f"The Salesforce secret cannot be read ({error.code})."
        ) from error
    except KeyError as error:
        raise SalesforceConfigurationError(
            "secret-empty", "The Salesforce secret is empty: store client_id and client_secret."
        ) from error
