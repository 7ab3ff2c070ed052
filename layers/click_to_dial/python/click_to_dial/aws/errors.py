"""What a service of AWS answers when it does not do what it was asked for."""

_LOST = ("ConditionalCheckFailed", "TransactionConflict")
"""Reasons of a transaction to lose against another one."""


class AwsError(Exception):
    """`code` is AWS's own, or, without an answer, why there is none; `message` is what AWS says.

    `passing`: the same request may well succeed at once.
    """

    def __init__(self, code: str, message: str = "", *, passing: bool = False) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.passing = passing

    @property
    def is_condition_failure(self) -> bool:
        """Whether a write was refused since its condition, or one of its transaction, did not hold.

        The message of a cancelled transaction lists the reasons; another one may be throttling.
        https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
        """
        return self.code == "ConditionalCheckFailedException" or (
            self.code == "TransactionCanceledException"
            and any(reason in self.message for reason in _LOST)
        )
