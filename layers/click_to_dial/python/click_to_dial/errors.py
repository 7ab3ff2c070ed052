"""All that can go wrong, in the terms of the contract with jtel.

ClickToDialError
├── BadParameterError                  400, before anything is asked
├── DialPlanError                      503
│   ├── NoDialPlanError                nothing is published, or it cannot be read now
│   └── UnreadableDialPlanError        published by another version of this software
├── PlanConflictError                  somebody else published in the meantime
├── DynamoDBError                      the table did not answer
├── OutOfTimeError                     the time budget is used up
├── UnverifiedError                    401: nobody can say now whether a caller's token is good
└── SalesforceError                    decided by the dial plan's `outage`
    ├── SalesforceUnavailableError     may heal by itself; opens the circuit breaker
    │   └── SalesforceBusyError        the same, and worth one more try at once
    ├── SessionExpiredError            the access token is no longer good: log in once
    └── SalesforceConfigurationError   only an administrator can heal it: loud, counted
"""


class ClickToDialError(Exception):
    """Base of all errors that this software raises on purpose."""

    request_id: str | None = None
    """Id that AWS or Salesforce gave the failed request, for their support."""


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
    """DynamoDB did not answer, or refused."""


class OutOfTimeError(ClickToDialError):
    """Something took longer than the time it was given."""


class UnverifiedError(ClickToDialError):
    """Whether a caller's token is good cannot be found out; `reason` is a code for logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SalesforceError(ClickToDialError):
    """Salesforce gave no usable answer.

    `reason` is a short code for logs (the table in docs/salesforce.md), the message is for people;
    neither ever holds a token, a name or a phone number.
    """

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason


class SalesforceUnavailableError(SalesforceError):
    """Salesforce cannot be reached, is down or answers nonsense."""


class SalesforceBusyError(SalesforceUnavailableError):
    """A passing fault: the same request may well succeed at once."""


class SessionExpiredError(SalesforceError):
    """The access token has expired or was revoked."""


class SalesforceConfigurationError(SalesforceError):
    """The organisation, the integration user or the secret is not set up as the plan needs."""
