"""The shared access token on DynamoDB: one login, whoever needs it, however many they are."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from click_to_dial.deadline import Deadline
from click_to_dial.dynamodb.access_token import (
    LEASE_MARGIN_SECONDS,
    MAX_PAUSE_SECONDS,
    UNAVAILABLE_PAUSE_SECONDS,
    Login,
    SharedToken,
)
from click_to_dial.errors import (
    OutOfTimeError,
    SalesforceConfigurationError,
    SalesforceError,
    SalesforceUnavailableError,
    UnreadableItemError,
)
from tests.fakes import ChangedClient, Clock
from tests.integration.repeated import send_twice

LOGIN_SECONDS = 2.5


class Org:
    """Counts logins; fails with `error` where there is one."""

    def __init__(self) -> None:
        self.logins = 0
        self.error: SalesforceError | None = None
        self.died = False
        self.slow = threading.Event()
        self.slow.set()

    def log_in(self, deadline: Deadline) -> str:
        self.slow.wait(5)
        if self.died:
            raise SystemExit
        self.logins += 1
        if self.error:
            raise self.error
        return f"token-{self.logins}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org() -> Org:
    return Org()


@pytest.fixture
def sandbox(table: Any, org: Org, clock: Clock) -> Any:
    def make(**options: bool) -> SharedToken:
        return SharedToken(
            table.dynamodb,
            table.name,
            "acme.my.salesforce.com",
            Login(org.log_in, LOGIN_SECONDS),
            clock=clock,
            **options,
        )

    return make


def get(token: SharedToken, rejected: str | None = None, seconds: float = 2.5) -> str:
    return token.get(Deadline(seconds), rejected)


def test_one_login_serves_all(sandbox: Any, org: Org) -> None:
    assert [get(sandbox()) for _ in range(3)] == ["token-1"] * 3
    assert org.logins == 1


def test_fifty_at_once_log_in_once(sandbox: Any, org: Org) -> None:
    with ThreadPoolExecutor(50) as pool:
        tokens = list(pool.map(lambda _: get(sandbox(), seconds=20), range(50)))
    assert (set(tokens), org.logins) == ({"token-1"}, 1)


def test_a_revoked_token_is_renewed_once(sandbox: Any, org: Org) -> None:
    sandboxes = [sandbox() for _ in range(10)]
    for each in sandboxes:
        get(each)
    with ThreadPoolExecutor(10) as pool:
        tokens = list(pool.map(lambda each: get(each, "token-1", seconds=20), sandboxes))
    assert (set(tokens), org.logins) == ({"token-2"}, 2)


def test_a_rejected_token_is_replaced_by_the_shared_one_without_a_login(
    sandbox: Any, org: Org, clock: Clock
) -> None:
    """However old that is: a login that fails would remove it, and it may still be accepted."""
    idle = [sandbox() for _ in range(3)]
    for each in idle:
        get(each)
    assert get(sandbox(), "token-1") == "token-2"
    org.error = SalesforceUnavailableError("login-unavailable", "HTTP 503")
    for each in idle:
        clock.advance(60)
        assert get(each, "token-1") == "token-2"
    assert org.logins == 2


def test_writes_whose_first_answer_was_lost_do_not_cost_a_login(
    sandbox: Any, org: Org, table: Any, clock: Clock
) -> None:
    send_twice(table.dynamodb, "UpdateItem")
    assert get(sandbox()) == "token-1"
    assert get(sandbox(), "token-1") == "token-2"
    org.error = SalesforceUnavailableError("login-unavailable", "HTTP 503")
    for _ in range(2):
        with pytest.raises(SalesforceUnavailableError, match="HTTP 503"):
            get(sandbox(), "token-2")
    assert org.logins == 3
    org.error = None
    clock.advance(UNAVAILABLE_PAUSE_SECONDS)
    assert get(sandbox()) == "token-4"


ITEM = {"pk": {"S": "token#acme.my.salesforce.com"}, "sk": {"S": "token"}}
DAY_AHEAD = {"N": str(Clock().now + 86400)}


@pytest.mark.parametrize(
    "attributes",
    [
        {"token": {"S": "a\r\nX-Evil: 1"}},
        {"token": {"S": "t\u20ac"}},
        {"token": {"S": "\u00e9"}},
        {"token": {"N": "1"}},
        {"token": {"S": "good"}, "issued_at": DAY_AHEAD},
        {"failed_until": DAY_AHEAD},
        {"lease_until": DAY_AHEAD, "lease_owner": {"S": "other"}},
        {"lease_until": {"S": "later"}, "lease_owner": {"N": "1"}},
        {"failed_until": {"S": "later"}, "failures": {"S": "many"}},
    ],
)
def test_an_unreadable_token_and_a_date_of_a_wrong_clock_do_not_block_logins(
    sandbox: Any, org: Org, table: Any, attributes: Any
) -> None:
    table.boto3.put_item(TableName=table.name, Item={**ITEM, **attributes})
    sandboxes = [sandbox(), sandbox()]
    assert [get(each) for each in sandboxes] == ["token-1"] * 2
    assert org.logins == 1
    unreadable = "token" in attributes and "issued_at" not in attributes
    assert isinstance(sandboxes[0].take_failure(), UnreadableItemError) is unreadable
    assert [each.take_failure() for each in sandboxes] == [None, None]


@pytest.mark.parametrize("failures", ["1E+125", "-1E+125", "0.5"])
def test_any_stored_number_of_failures_leads_to_a_pause(
    sandbox: Any, org: Org, table: Any, clock: Clock, failures: str
) -> None:
    table.boto3.put_item(TableName=table.name, Item={**ITEM, "failures": {"N": failures}})
    org.error = SalesforceConfigurationError("login-invalid-client", "Copy the secret again.")
    for _ in range(2):
        with pytest.raises(SalesforceConfigurationError):
            get(sandbox())
    assert org.logins == 1
    clock.advance(MAX_PAUSE_SECONDS)
    org.error = None
    assert get(sandbox()) == "token-2"


def test_who_waits_too_long_goes_on_without(sandbox: Any, org: Org, table: Any) -> None:
    org.slow.clear()
    holder, waiter = threading.Thread(target=lambda: get(sandbox())), sandbox()
    holder.start()
    while "lease_owner" not in str(table.boto3.scan(TableName=table.name)["Items"]):
        pass
    with pytest.raises(OutOfTimeError, match="still logging in"):
        get(waiter, seconds=0.2)
    org.slow.set()
    holder.join()
    assert (get(waiter), org.logins) == ("token-1", 1)


def test_who_waits_only_reads(sandbox: Any, org: Org, table: Any, clock: Clock) -> None:
    """A thousand sandboxes that wait would otherwise write more than one item may be written."""
    org.slow.clear()
    holder = threading.Thread(target=lambda: get(sandbox()))
    holder.start()
    while "lease_owner" not in str(table.boto3.scan(TableName=table.name)["Items"]):
        pass
    writes: list[Any] = []
    client = ChangedClient(table.dynamodb, update_item=lambda **request: writes.append(request))
    host, login = "acme.my.salesforce.com", Login(org.log_in, LOGIN_SECONDS)
    with pytest.raises(OutOfTimeError, match="still logging in"):
        get(SharedToken(client, table.name, host, login, clock=clock), seconds=0.5)
    assert writes == []
    org.slow.set()
    holder.join()


def test_who_took_the_lease_without_learning_of_it_logs_in(
    org: Org, table: Any, clock: Clock
) -> None:
    failing = ["no answer"]

    def update_item(**request: Any) -> Any:
        response = table.dynamodb.update_item(**request)
        if failing:
            raise ReadTimeoutError(endpoint_url="", error=failing.pop())
        return response

    client = ChangedClient(table.dynamodb, update_item=update_item)
    host, login = "acme.my.salesforce.com", Login(org.log_in, LOGIN_SECONDS)
    assert get(SharedToken(client, table.name, host, login, clock=clock)) == "token-1"


def test_a_holder_that_died_is_replaced_when_its_lease_ends(
    sandbox: Any, org: Org, clock: Clock
) -> None:
    org.died = True
    with pytest.raises(SystemExit):
        get(sandbox())
    org.died = False
    with pytest.raises(OutOfTimeError):
        get(sandbox(), seconds=0.1)
    clock.advance(LOGIN_SECONDS + LEASE_MARGIN_SECONDS + 0.1)
    assert get(sandbox()) == "token-1"


def test_wrong_credentials_cause_no_storm(sandbox: Any, org: Org, clock: Clock) -> None:
    org.error = SalesforceConfigurationError("login-invalid-client", "Copy the secret again.")
    for _ in range(20):
        with pytest.raises(SalesforceConfigurationError, match="Copy the secret again") as error:
            get(sandbox())
        assert error.value.reason == "login-invalid-client"
    assert org.logins == 1
    for _ in range(100):
        clock.advance(MAX_PAUSE_SECONDS / 10)
        with pytest.raises(SalesforceConfigurationError):
            get(sandbox())
    assert org.logins < 20
    org.error = None
    clock.advance(MAX_PAUSE_SECONDS)
    assert get(sandbox()).startswith("token-")


def test_a_command_logs_in_although_a_sandbox_has_just_failed(sandbox: Any, org: Org) -> None:
    """As after a deployment, when the secret was empty for the first sandbox."""
    org.error = SalesforceConfigurationError("secret-empty", "Store client_id and client_secret.")
    with pytest.raises(SalesforceConfigurationError):
        get(sandbox())
    for _ in range(2):  # still empty
        with pytest.raises(SalesforceConfigurationError):
            get(sandbox(ignore_failures=True))
    assert org.logins == 3
    org.error = None
    with pytest.raises(SalesforceConfigurationError):
        get(sandbox())
    assert get(sandbox(ignore_failures=True)) == "token-4"
    assert get(sandbox()) == "token-4"  # the sandboxes use the new token at once


def test_a_login_that_got_no_answer_is_tried_again_soon(
    sandbox: Any, org: Org, clock: Clock
) -> None:
    org.error = SalesforceUnavailableError("login-unavailable", "HTTP 503")
    for _ in range(2):
        with pytest.raises(SalesforceUnavailableError):
            get(sandbox())
    org.error = None
    clock.advance(UNAVAILABLE_PAUSE_SECONDS)
    assert (get(sandbox()), org.logins) == ("token-2", 2)


def test_a_new_token_that_is_refused_is_not_renewed_over_and_over(
    sandbox: Any, org: Org, clock: Clock
) -> None:
    token = sandbox()
    token.give_up(get(token), SalesforceConfigurationError("new-session-refused", "Check it."))
    for _ in range(5):
        with pytest.raises(SalesforceConfigurationError, match="Check it"):
            get(token)
    assert org.logins == 1
    clock.advance(MAX_PAUSE_SECONDS)
    assert get(token) == "token-2"


def test_only_the_sandbox_that_logged_in_gives_a_token_up(sandbox: Any, org: Org) -> None:
    """The others do not know if it is new: it may have expired."""
    first, other = sandbox(), sandbox()
    token = get(first)
    assert get(other) == token
    error = SalesforceConfigurationError("new-session-refused", "Check it.")
    assert not other.give_up(token, error)
    assert get(sandbox()) == token
    assert get(other, token) == "token-2"
    assert org.logins == 2


def test_a_table_that_fails_is_no_reason_to_log_in(table: Any, org: Org) -> None:
    token = SharedToken(table.dynamodb, "no-such-table", "org", Login(org.log_in, 1))
    with pytest.raises(SalesforceUnavailableError, match="shared access token"):
        get(token)
    assert org.logins == 0


def test_a_refused_login_that_cannot_be_shared_is_said_and_not_repeated(
    table: Any, org: Org
) -> None:
    def log_in(deadline: Deadline) -> str:
        table.boto3.delete_table(TableName=table.name)
        return org.log_in(deadline)

    org.error = SalesforceConfigurationError("login-invalid-client", "Copy the secret again.")
    token = SharedToken(table.dynamodb, table.name, "org", Login(log_in, 1))
    with pytest.raises(SalesforceConfigurationError, match="Copy the secret again"):
        get(token)
    assert org.logins == 1


def test_a_token_in_memory_outlives_the_table(sandbox: Any, table: Any) -> None:
    token = sandbox()
    assert get(token) == "token-1"
    table.boto3.delete_table(TableName=table.name)
    assert get(token) == "token-1"
