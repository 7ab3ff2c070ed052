"""The authorizer's mode `key`: rotation, floods of wrong keys, a Secrets Manager that fails."""

from collections.abc import Mapping
from functools import partial

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from click_to_dial.authorizer import api_key as key
from click_to_dial.authorizer.api_key import CACHE_SECONDS, MIN_READ_INTERVAL_SECONDS, SharedKey
from click_to_dial.authorizer.authorize import Verdict
from click_to_dial.aws import read_secret
from click_to_dial.deadline import Deadline
from click_to_dial.errors import UnverifiedError
from tests.fakes import Clock


def refusal(code: str) -> ClientError:
    """The error that boto3 raises for this answer of Secrets Manager."""
    answer = {
        "Error": {"Code": code, "Message": "arn:aws:secret"},
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": 400},
    }
    return ClientError(answer, "GetSecretValue")


class Secrets:
    """Secrets Manager with one secret; `error` is raised in place of an answer."""

    def __init__(self, **values: str) -> None:
        self.values = values
        self.error: Exception | None = None
        self.calls = 0

    def get_secret_value(self, *, SecretId: str, VersionStage: str) -> Mapping[str, str]:  # noqa: N803
        self.calls += 1
        if self.error:
            raise self.error
        if VersionStage not in self.values:
            raise refusal("ResourceNotFoundException")
        return {"SecretString": self.values[VersionStage]}


def shared_key(secrets: Secrets, clock: Clock) -> SharedKey:
    return SharedKey(partial(read_secret, secrets, "id"), clock)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_current_key_and_the_one_before_are_good(clock: Clock) -> None:
    shared = shared_key(Secrets(AWSCURRENT="new-key\n", AWSPREVIOUS="old-key"), clock)
    accepted = [shared.accepts(each) for each in ("new-key", "old-key", "new", "new-key-", "other")]
    assert accepted == [True, True, False, False, False]


def test_a_rotation_is_noticed_at_once(clock: Clock) -> None:
    secrets = Secrets(AWSCURRENT="first")
    shared = shared_key(secrets, clock)
    assert shared.accepts("first")
    clock.advance(MIN_READ_INTERVAL_SECONDS)
    secrets.values = {"AWSCURRENT": "second", "AWSPREVIOUS": "first"}
    assert shared.accepts("second")
    assert shared.accepts("first")


def test_a_key_that_was_rotated_away_is_good_for_5_minutes_at_most(clock: Clock) -> None:
    secrets = Secrets(AWSCURRENT="first")
    shared = shared_key(secrets, clock)
    assert shared.accepts("first")
    secrets.values = {"AWSCURRENT": "third", "AWSPREVIOUS": "second"}
    clock.advance(CACHE_SECONDS)
    assert not shared.accepts("first")


@pytest.mark.parametrize("error", [None, refusal("ThrottlingException")])
def test_a_flood_of_wrong_keys_is_no_flood_on_secrets_manager(
    clock: Clock, error: Exception | None
) -> None:
    secrets = Secrets(AWSCURRENT="key")
    shared = shared_key(secrets, clock)
    assert shared.accepts("key")
    secrets.error, secrets.calls = error, 0
    for number in range(1000):
        try:
            assert not shared.accepts(f"wrong-{number}")
        except UnverifiedError:
            assert error is not None
        clock.advance(MIN_READ_INTERVAL_SECONDS / 100)
    assert secrets.calls <= 2 * 11
    assert shared.accepts("key")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refusal("AccessDeniedException"), "secret-AccessDeniedException"),
        (ConnectTimeoutError(endpoint_url="https://x"), "secret-ConnectTimeoutError"),
        (refusal("ResourceNotFoundException"), "secret-empty"),
    ],
)
def test_a_secret_that_cannot_be_read_lets_nobody_in(
    clock: Clock, error: Exception, reason: str
) -> None:
    secrets = Secrets(AWSCURRENT="key")
    secrets.error = error
    shared = shared_key(secrets, clock)
    for expected in (reason, "secret-unreadable-before"):
        with pytest.raises(UnverifiedError, match=f"^{expected}$") as raised:
            shared.accepts("key")
        answered = expected == "secret-AccessDeniedException"
        assert raised.value.request_id == ("request-1" if answered else "")
    secrets.error = None
    clock.advance(MIN_READ_INTERVAL_SECONDS)
    assert shared.accepts("key")


@pytest.mark.parametrize("value", ["", " \n"])
def test_an_empty_secret_lets_nobody_in(clock: Clock, value: str) -> None:
    with pytest.raises(UnverifiedError, match="secret-empty"):
        shared_key(Secrets(AWSCURRENT=value), clock).accepts(" ")


def test_the_mode_key_names_nobody(clock: Clock) -> None:
    shared = shared_key(Secrets(AWSCURRENT="key"), clock)
    assert key.check(shared, "key", Deadline(1)) == Verdict("AuthAllowed", "key", "key")
    assert key.check(shared, "wrong", Deadline(1)) == Verdict("AuthRefused", "wrong-key")
