"""The mode `salesforce`: verdicts by answers of Salesforce, and during an outage."""

from typing import Any

import pytest

from click_to_dial.authorizer import salesforce_token as salesforce
from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.authorizer.salesforce_token import AccessPolicy
from click_to_dial.deadline import Deadline
from click_to_dial.errors import DynamoDBError, UnverifiedError
from click_to_dial.ports import Identity
from tests.callers import ORG, TOKEN, USER


class Verifications:
    """Verified tokens in memory; `broken` is a table that does not answer."""

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
def verified() -> Verifications:
    return Verifications()


def ask(
    verified: Verifications, says: Identity | UnverifiedError | None, *, users: str = ""
) -> Verdict:
    def salesforce_says(token: str, deadline: Deadline) -> Identity | None:
        if isinstance(says, Exception):
            raise says
        return says

    policy = AccessPolicy(ORG[:15], frozenset(users.split()))
    return salesforce.check(salesforce_says, verified, policy, TOKEN, Deadline(2.5))


@pytest.mark.parametrize(
    ("organization", "token", "asked"),
    [
        (ORG, TOKEN, True),
        (ORG[:15], TOKEN, True),
        (ORG[:15], TOKEN.replace(ORG[:15], ORG), True),
        (ORG, "00D0C0000000002!AQcAQH0d", False),
        (ORG[:15], "00D0C0000000002!AQcAQH0d", False),
        (ORG, TOKEN.replace("00D0C", "00D0c"), False),  # ids are case-sensitive
        (ORG, TOKEN.replace(ORG[:15], ORG[:15] + "AAA"), False),  # wrong checksum
        (ORG, "eyJ0bmsiOiJjb3JlL3Byb2QifQ.e30.c2ln", True),  # a JWT does not tell
        (ORG, "00D0C0000000002AQcAQH0d", True),
        (ORG, "x" + "00D0C0000000002!AQcAQH0d", True),
        ("", "00D0C0000000002!AQcAQH0d", True),
    ],
)
def test_salesforce_is_not_asked_about_a_token_of_another_organisation(
    verified: Verifications, organization: str, token: str, asked: bool
) -> None:
    tokens: list[str] = []

    def identify(token: str, deadline: Deadline) -> Identity | None:
        tokens.append(token)
        return ALICE

    policy = AccessPolicy(organization, frozenset())
    verdict = salesforce.check(identify, verified, policy, token, Deadline(2.5))
    assert tokens == [token] * asked
    refused = Verdict("AuthRefused", "other-organisation")
    assert verdict == (Verdict("AuthAllowed", "salesforce", USER) if asked else refused)


ALICE = Identity(USER, "Alice@acme.example", ORG)
DOWN = UnverifiedError("salesforce-http-503")


def test_a_verified_token_is_accepted_and_kept(verified: Verifications) -> None:
    assert ask(verified, ALICE) == Verdict("AuthAllowed", "salesforce", USER)
    assert ask(verified, DOWN) == Verdict("AuthAllowedStale", "salesforce-http-503", USER)


def test_a_token_that_was_never_verified_is_rejected_in_an_outage(
    verified: Verifications,
) -> None:
    assert ask(verified, DOWN) == Verdict("AuthUnverified", "salesforce-http-503")


@pytest.mark.parametrize(
    ("says", "users", "reason"),
    [
        (None, "", "salesforce-says-no"),
        (Identity(USER, "alice@acme.example", "00D0C0000000002UAA"), "", "other-organisation"),
        (ALICE, "bob@acme.example 0050C0000000012QAA", "user-not-allowed"),
    ],
)
def test_a_rejected_token_is_forgotten(
    verified: Verifications, says: Identity | None, users: str, reason: str
) -> None:
    ask(verified, ALICE)
    assert ask(verified, says, users=users) == Verdict("AuthRefused", reason)
    assert ask(verified, DOWN).principal is None


@pytest.mark.parametrize("users", ["Alice@ACME.example", USER, USER[:15], f"{USER} bob@a.example"])
def test_allowed_users_are_named_by_id_or_username(verified: Verifications, users: str) -> None:
    assert ask(verified, ALICE, users=users).principal == USER


@pytest.mark.parametrize(
    ("says", "verdict"),
    [
        (ALICE, Verdict("AuthAllowed", "salesforce", USER, cache_failed=True)),
        (None, Verdict("AuthRefused", "salesforce-says-no", cache_failed=True)),
        (DOWN, Verdict("AuthUnverified", "salesforce-http-503", cache_failed=True)),
    ],
)
def test_a_failing_table_lets_nobody_in(
    verified: Verifications, says: Any, verdict: Verdict
) -> None:
    verified.broken = True
    assert ask(verified, says) == verdict


def test_with_an_invalid_organisation_id_nobody_may_call() -> None:
    assert AccessPolicy("00D", frozenset()).refusal(ALICE) == "other-organisation"
