"""What a service of AWS answers when it does not do what it was asked for."""


class AwsError(Exception):
    """`code` is AWS's own, or, without an answer, why there is none; `message` is what AWS says.

    `passing`: the same request may well succeed at once.
    """

    def __init__(self, code: str, message: str = "", *, passing: bool = False) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.passing = passing

    @property
    def is_condition_failure(self) -> bool:
        """Whether a conditional write was refused because its condition did not hold."""
        return self.code in ("ConditionalCheckFailedException", "TransactionCanceledException")
