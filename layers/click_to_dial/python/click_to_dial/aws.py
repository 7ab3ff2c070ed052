"""AWS clients with timeouts that fit a waiting agent. The sole importer of botocore.

Not boto3: its clients are botocore's, and what it adds (resources, transfers to S3) we do not use.
"""

import logging
from functools import cache
from typing import Any

from click_to_dial.errors import SalesforceConfigurationError, SalesforceUnavailableError
from click_to_dial.stand_ins import stand_ins


def _no_docstring(**_: Any) -> str:
    return ""


# What writes the docstrings of clients' methods: a tenth of botocore's import time, with an HTML
# parser, and a part of the time that each client takes.
with stand_ins(
    {
        "botocore.docs.service": {"ServiceDocumenter": None},
        "botocore.docs.docstring": {
            "ClientMethodDocstring": _no_docstring,
            "PaginatorDocstring": _no_docstring,
            "WaiterDocstring": _no_docstring,
        },
    }
):
    import botocore.session
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

logging.getLogger("botocore").setLevel(logging.WARNING)  # it tells of each client that it makes

AwsClient = Any
"""botocore makes its clients at run time, so there is no class to name."""

AwsError = (BotoCoreError, ClientError)

CONNECT_SECONDS = 0.3
READ_SECONDS = 0.6
"""DynamoDB answers within milliseconds; what takes longer is not worth an agent's waiting."""
SECRET_SECONDS = 2.0
"""A secret is read for a login only, once for all sandboxes: worth more patience."""


def client(service: str, read_seconds: float = READ_SECONDS) -> AwsClient:
    """A client of `service` in the region, with the credentials, of the environment."""
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
    )
    return _session().create_client(service, config=config)


@cache
def _session() -> Any:
    """One for all clients: each would read its own copy of what botocore knows of endpoints."""
    return botocore.session.get_session()


def read_secret(secret_id: str) -> str:
    """The text of a secret in Secrets Manager.

    Raises SalesforceConfigurationError where it may not be read or is empty,
    SalesforceUnavailableError where Secrets Manager does not answer.
    """
    try:
        secrets = client("secretsmanager", SECRET_SECONDS)
        return str(secrets.get_secret_value(SecretId=secret_id)["SecretString"])
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
