"""All that can go wrong, in the terms of the contract with jtel.

ClickToDialError
├── BadParameterError                  400, before anything is asked
├── DialPlanError                      503
│   ├── NoDialPlanError                nothing is published, or it cannot be read now
│   └── UnreadableDialPlanError        published by another version of this software
├── PlanConflictError                  somebody else published in the meantime
├── DynamoDBError                      the table did not answer
│   └── ConditionFailedError           another writer was faster
├── SecretError                        a secret cannot be read
├── OutOfTimeError                     the time budget is used up
├── UnverifiedError                    401: nobody can say now whether a caller's token is good
└── SalesforceError                    decided by the dial plan's `outage`
    ├── SalesforceUnavailableError     may heal by itself; opens the circuit breaker
    │   └── SalesforceBusyError        the same, and worth one more try at once
    ├── SessionExpiredError            the access token is no longer good: log in once
    └── SalesforceConfigurationError   only an administrator can heal it: loud, counted
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
    """There is no dial plan to decide by."""


class NoDialPlanError(DialPlanError):
    """No dial plan is published, or none can be read at the moment."""


class UnreadableDialPlanError(DialPlanError):
    """The published dial plan does not have the form that this version understands."""


class PlanConflictError(ClickToDialError):
    """The active dial plan is no longer the one that the change was made from."""


class DynamoDBError(ClickToDialError):
    """DynamoDB did not answer, or refused the request."""


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
    """Something took longer than the time it was given."""


class UnverifiedError(ClickToDialError):
    """A caller's token cannot be verified at the moment; `reason` is a code for the log."""

    def __init__(self, reason: str, *, code: str = "", request_id: str = "") -> None:
        super().__init__(reason, code=code, request_id=request_id)
        self.reason = reason


class SalesforceError(ClickToDialError):
    """Salesforce gave no usable answer.

    `reason` is a short code for logs (the table in docs/salesforce.md), the message is for people;
    neither ever holds a token, a name or a phone number.
    """

    def __init__(
        self, reason: str, message: str = "", *, code: str = "", request_id: str = ""
    ) -> None:
        super().__init__(message or reason, code=code, request_id=request_id)
        self.reason = reason


class SalesforceUnavailableError(SalesforceError):
    """Salesforce cannot be reached, is down or answers nonsense."""


class SalesforceBusyError(SalesforceUnavailableError):
    """A passing fault: the same request may well succeed at once."""


class SessionExpiredError(SalesforceError):
    """The access token has expired or was revoked."""


class SalesforceConfigurationError(SalesforceError):
    """The organisation, the integration user or the secret is not set up as the plan needs."""
