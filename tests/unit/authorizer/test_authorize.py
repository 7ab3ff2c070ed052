"""From a request's header to a verdict and a policy."""

import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from click_to_dial.authorizer import api_key as key
from click_to_dial.authorizer import authorize as request
from click_to_dial.authorizer.authorize import Verdict, authorize, bearer_token, policy
from click_to_dial.deadline import Deadline
from click_to_dial.errors import UnverifiedError
from tests.callers import ARN, TOKEN, USER, event

PRINTABLE = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=99)


@given(PRINTABLE, st.sampled_from(["Bearer", "bearer", "BEARER"]), st.integers(1, 3))
def test_a_bearer_token_is_read(token: str, scheme: str, blanks: int) -> None:
    assert bearer_token(event(scheme + " " * blanks + token)) == token


@given(st.text())
def test_whatever_is_read_is_harmless_and_stood_there(value: str) -> None:
    token = bearer_token(event(f"Bearer {value}"))
    assert token is None or (token == value.lstrip(" ") and re.fullmatch("[!-~]{1,4096}", token))


@given(st.text())
def test_any_other_header_is_refused(value: str) -> None:
    if not value.lower().startswith("bearer "):
        assert bearer_token(event(value)) is None


@given(st.lists(PRINTABLE.map("Bearer {}".format), min_size=2, max_size=4))
def test_a_repeated_header_is_refused(values: list[str]) -> None:
    assert bearer_token(event(*values)) is None
    assert bearer_token(event(", ".join(values))) is None
    twice = {"Authorization": values[:1], "authorization": values[1:]}
    assert bearer_token({"multiValueHeaders": twice}) is None


@given(st.characters(max_codepoint=0x20) | st.characters(min_codepoint=0x7F), st.integers(0, 9))
def test_a_character_that_does_not_belong_is_refused(character: str, place: int) -> None:
    value = f"Bearer {TOKEN[: place + 1]}{character}{TOKEN[place + 1 :]}"
    assert bearer_token(event(value)) is None


@pytest.mark.parametrize(
    "value",
    [
        *("", "Bearer", "Bearer ", "Bearer\tx", "Bearer x y", f"Bearer {'x' * 4097}", TOKEN),
        *(f"Bearer {TOKEN}\n", f" Bearer {TOKEN}", f"Basic {TOKEN}"),
        *("Bearer \u017f", "Bea\u017fer x"),
    ],
)
def test_malformed_headers_are_refused(value: str) -> None:
    assert bearer_token(event(value)) is None


def test_the_longest_token_is_read() -> None:
    assert bearer_token(event(f"Bearer {'x' * 4096}")) == "x" * 4096


@pytest.mark.parametrize("headers", [None, {}, {"Authorization": []}, {"X-Authorization": ["x"]}])
def test_no_header_is_refused(headers: Any) -> None:
    assert bearer_token({"multiValueHeaders": headers}) is None


# The verdict on a request


def test_a_malformed_token_causes_no_check() -> None:
    def check(token: str, deadline: Deadline) -> Verdict:
        raise AssertionError

    assert authorize(check, event("Bearer a b")) == Verdict("AuthRefused", "malformed")


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (UnverifiedError("secret-empty"), Verdict("AuthUnverified", "secret-empty")),
        (ValueError(f"Invalid header value {TOKEN}"), Verdict("AuthFailed", "ValueError")),
    ],
)
def test_it_fails_closed(error: Exception, verdict: Verdict) -> None:
    def check(token: str, deadline: Deadline) -> Verdict:
        raise error

    assert authorize(check, event(f"Bearer {TOKEN}")) == verdict


def test_an_event_that_makes_no_sense_is_refused() -> None:
    assert authorize(lambda *_: Verdict("AuthAllowed", "", "x"), {"multiValueHeaders": 7}) == (
        Verdict("AuthFailed", "AttributeError")
    )


def test_it_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request, "TIME_BUDGET_SECONDS", 0.05)
    keys = SimpleNamespace(accepts=lambda token: time.sleep(0.5))
    started = time.monotonic()
    verdict = authorize(lambda *given: key.check(keys, *given), event(f"Bearer {TOKEN}"))  # type: ignore[arg-type]
    assert verdict == Verdict("AuthUnverified", "out-of-time")
    assert time.monotonic() - started < 0.4


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_the_policy_lets_in_to_all_of_the_stage(partition: str) -> None:
    answer = policy(USER, ARN.replace("aws", partition, 1))
    assert answer["principalId"] == USER
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Action": "execute-api:Invoke",
        "Resource": f"arn:{partition}:execute-api:eu-central-1:123456789012:a1b2c3/prod/*",
    }
