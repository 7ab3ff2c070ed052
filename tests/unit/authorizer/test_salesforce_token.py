"""The mode `salesforce`: what Salesforce says, and what holds while it says nothing."""

from typing import Any

import pytest

from click_to_dial.authorizer import salesforce_token as salesforce
from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.authorizer.salesforce_token import AccessPolicy, Identity
from click_to_dial.authorizer.userinfo import ask as ask_userinfo
from click_to_dial.deadline import Deadline
from click_to_dial.errors import DynamoDBError, UnverifiedError
from click_to_dial.https import HttpError, Server
from tests.callers import ORG, TOKEN, USER


class Confirmations:
    """Confirmations in memory; `broken` is a table that does not answer."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.broken = False

    def keep(self, token: str, user_id: str) -> None:
        self._fail()
        self.kept[token] = user_id

    def user_of(self, token: str) -> str | None:
        self._fail()
        return self.kept.get(token)

    def forget(self, token: str) -> None:
        self._fail()
        self.kept.pop(token, None)

    def _fail(self) -> None:
        if self.broken:
            raise DynamoDBError("broken")


@pytest.fixture
def confirmations() -> Confirmations:
    return Confirmations()


def ask(
    confirmations: Confirmations, says: Identity | UnverifiedError | None, *, users: str = ""
) -> Verdict:
    def salesforce_says(token: str) -> Identity | None:
        if isinstance(says, Exception):
            raise says
        return says

    admission = AccessPolicy(ORG[:15], frozenset(users.split()))
    return salesforce.check(salesforce_says, confirmations, admission, TOKEN, Deadline(2.5))


ALICE = Identity(USER, "Alice@acme.example", ORG)
DOWN = UnverifiedError("salesforce-http-503")


def test_a_token_that_salesforce_knows_is_good_and_remembered(confirmations: Confirmations) -> None:
    assert ask(confirmations, ALICE) == Verdict("AuthAllowed", "salesforce", USER)
    assert ask(confirmations, DOWN) == Verdict("AuthAllowedStale", "salesforce-http-503", USER)


def test_a_token_that_was_never_confirmed_is_refused_in_an_outage(
    confirmations: Confirmations,
) -> None:
    assert ask(confirmations, DOWN) == Verdict("AuthUnverified", "salesforce-http-503")


@pytest.mark.parametrize(
    ("says", "users", "reason"),
    [
        (None, "", "salesforce-says-no"),
        (Identity(USER, "alice@acme.example", "00D0C0000000002UAA"), "", "other-organisation"),
        (ALICE, "bob@acme.example 0050C0000000012QAA", "user-not-allowed"),
    ],
)
def test_a_token_that_is_refused_once_is_forgotten(
    confirmations: Confirmations, says: Identity | None, users: str, reason: str
) -> None:
    ask(confirmations, ALICE)
    assert ask(confirmations, says, users=users) == Verdict("AuthRefused", reason)
    assert ask(confirmations, DOWN).principal is None


@pytest.mark.parametrize("users", ["Alice@ACME.example", USER, USER[:15], f"{USER} bob@a.example"])
def test_allowed_users_are_named_by_id_or_username(
    confirmations: Confirmations, users: str
) -> None:
    assert ask(confirmations, ALICE, users=users).principal == USER


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (ALICE, Verdict("AuthAllowed", "salesforce", USER, cache_failed=True)),
        (None, Verdict("AuthRefused", "salesforce-says-no", cache_failed=True)),
        (DOWN, Verdict("AuthUnverified", "salesforce-http-503", cache_failed=True)),
    ],
)
def test_a_table_that_fails_lets_nobody_in(
    confirmations: Confirmations, says: Any, verdict: Verdict
) -> None:
    confirmations.broken = True
    assert ask(confirmations, says) == verdict


def test_an_organisation_id_that_is_none_lets_nobody_in() -> None:
    assert AccessPolicy("00D", frozenset()).refusal(ALICE) == "other-organisation"


class Unreachable(Server):
    def send(self, *given: Any, **named: Any) -> Any:
        raise HttpError("dns")


def test_a_failure_is_told_by_a_code() -> None:
    salesforce = Unreachable("https://acme.my.salesforce.com", connect_seconds=1)
    with pytest.raises(UnverifiedError, match=r"^salesforce-dns$") as raised:
        ask_userinfo(salesforce, TOKEN)
    assert raised.value.__suppress_context__
