"""All errors of this package, with the status that jtel gets.

ClickToDialError
├── BadParameterError                  400, before any look-up
├── DialPlanError                      503
│   ├── NoDialPlanError                none is published, or it cannot be read now
│   └── UnreadableDialPlanError        published by another version of click-to-dial
├── PlanConflictError                  another publication came first
├── RunLostError                       another run of a list takes place
├── DynamoDBError                      the table did not answer
│   ├── UnreadableItemError            an item has an unknown form
│   └── ConditionFailedError           another writer was faster
├── SecretError                        a secret cannot be read
├── OutOfTimeError                     the time budget is used up
├── InvocationError                    a new version of a function did not answer
├── DeploymentHookError                CodeDeploy did not accept the result of a hook
├── UnverifiedError                    401: a caller's token cannot be verified now
└── SalesforceError                    the dial plan's `outage` decides
    ├── SalesforceUnavailableError     may end by itself; opens the circuit breaker
    │   └── SalesforceBusyError        the same, and is retried once
    ├── SessionExpiredError            the access token is invalid: log in once
    └── SalesforceConfigurationError   only an administrator can fix it
"""


class ClickToDialError(Exception):
    """Base class of all errors that this package raises on purpose.

    `code` and `request_id` are those of the AWS or Salesforce response that caused the error, or
    empty. They are for the log; the message, which a caller may see, need not contain them.
    """

    def __init__(self, message: str = "", *, code: str = "", request_id: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id


class BadParameterError(ClickToDialError):
    """A query parameter cannot be read; the message tells an integrator what to change."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class DialPlanError(ClickToDialError):
    """There is no dial plan."""


class NoDialPlanError(DialPlanError):
    """Error if no dial plan is published, or if it cannot be read at the moment."""


class UnreadableDialPlanError(DialPlanError):
    """The published dial plan has a form that this version does not understand."""


class PlanConflictError(ClickToDialError):
    """The active dial plan changed after it was read."""


class RunLostError(ClickToDialError):
    """Another run reads the list at the moment, or has begun in the meantime."""


class DynamoDBError(ClickToDialError):
    """DynamoDB did not answer, or refused the request."""


class UnreadableItemError(DynamoDBError):
    """An item has an unknown form: another version of click-to-dial wrote it, or somebody else."""


class ConditionFailedError(DynamoDBError):
    """The condition of a write, or of one write of a transaction, did not hold."""


class SecretError(ClickToDialError):
    """A secret cannot be read.

    `code` is the one of Secrets Manager or says why there was no answer. `retryable` tells if the
    same request may succeed soon.
    """

    def __init__(
        self, message: str, *, code: str, request_id: str = "", retryable: bool = False
    ) -> None:
        super().__init__(message, code=code, request_id=request_id)
        self.retryable = retryable


class OutOfTimeError(ClickToDialError):
    """An operation exceeded its time limit."""


class InvocationError(ClickToDialError):
    """A Lambda function could not be invoked, or ended without a response."""


class DeploymentHookError(ClickToDialError):
    """CodeDeploy did not accept the result of a deployment's hook."""


class UnverifiedError(ClickToDialError):
    """A caller's token cannot be verified at the moment; `reason` is a code for the log."""

    def __init__(self, reason: str, *, code: str = "", request_id: str = "") -> None:
        super().__init__(reason, code=code, request_id=request_id)
        self.reason = reason


class SalesforceError(ClickToDialError):
    """Salesforce gave no usable answer.

    `reason` is a short code for logs (see the table in docs/salesforce.md); the message is for
    administrators. Neither contains a token, a name or a phone number.
    """

    def __init__(
        self, reason: str, message: str = "", *, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message or reason, code=code, request_id=request_id)
        self.reason = reason


class SalesforceUnavailableError(SalesforceError):
    """Salesforce cannot be reached, is down, or its answer is not usable."""


class SalesforceBusyError(SalesforceUnavailableError):
    """A temporary fault: the same request may succeed at once."""


class SessionExpiredError(SalesforceError):
    """The access token has expired or was revoked."""


class SalesforceConfigurationError(SalesforceError):
    """The organisation, the integration user or the secret is not configured as the plan needs."""


UNREADABLE = (
    *(LookupError, TypeError, ValueError, AttributeError),
    *(OverflowError, RecursionError),
)
"""Exceptions of code that reads an item of the table which has an unknown form."""
