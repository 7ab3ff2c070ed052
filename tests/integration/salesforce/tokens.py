"""Access tokens of the simulator that no table shares."""

from click_to_dial.deadline import Deadline
from click_to_dial.errors import ClickToDialError, SalesforceError
from local_stack.salesforce import Simulator


class Tokens:
    """Log in for each rejected token."""

    def __init__(self, salesforce: Simulator) -> None:
        self.salesforce = salesforce
        self.token = salesforce.log_in()
        self.given_up: list[SalesforceError] = []

    def get(self, deadline: Deadline, rejected: str | None = None) -> str:
        if self.token == rejected:
            self.token = self.salesforce.log_in()
        return self.token

    def take_failure(self) -> ClickToDialError | None:
        return None

    def give_up(self, token: str, error: SalesforceError) -> bool:
        self.given_up.append(error)
        return True
