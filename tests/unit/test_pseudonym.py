"""Keyed hashes, and the key from a secret: read once, by one thread, and not too often."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from click_to_dial.errors import SecretError
from click_to_dial.pseudonym import RETRY_SECONDS, SecretPseudonym, keyed
from tests.fakes import Clock

NUMBER = "+4989461495"


class Secret:
    """A secret that can be unreadable, and counts how often it is read."""

    def __init__(self, key: str = "the key") -> None:
        self.key = key
        self.error: SecretError | None = None
        self.reads = 0
        self.answers = threading.Event()
        self.answers.set()

    def read(self) -> str:
        self.reads += 1
        self.answers.wait(5)
        if self.error:
            raise self.error
        return self.key


def test_the_key_is_read_when_the_first_text_is_hashed_and_only_once() -> None:
    secret = Secret()
    pseudonym = SecretPseudonym(secret.read)
    assert secret.reads == 0
    assert [pseudonym(NUMBER), pseudonym("jdoe")] == [
        keyed("the key")(NUMBER),
        keyed("the key")("jdoe"),
    ]
    assert secret.reads == 1


def test_another_key_makes_another_hash() -> None:
    assert keyed("a")(NUMBER) != keyed("b")(NUMBER)
    assert NUMBER[3:] not in keyed("a")(NUMBER)


def test_threads_that_need_the_key_at_the_same_time_read_it_once() -> None:
    secret = Secret()
    secret.answers.clear()
    pseudonym = SecretPseudonym(secret.read)
    with ThreadPoolExecutor(4) as threads:
        hashing = [threads.submit(pseudonym, NUMBER) for _ in range(4)]
        secret.answers.set()
        assert {each.result(5) for each in hashing} == {keyed("the key")(NUMBER)}
    assert secret.reads == 1


def test_a_failure_is_an_error_and_is_remembered_for_a_few_seconds() -> None:
    secret, clock = Secret(), Clock()
    pseudonym = SecretPseudonym(secret.read, clock)
    secret.error = SecretError("Secrets Manager does not answer.", code="ReadTimeoutError")
    for _ in range(3):
        with pytest.raises(SecretError, match="does not answer"):
            pseudonym(NUMBER)
    assert secret.reads == 1
    secret.error = None
    clock.advance(RETRY_SECONDS)
    assert pseudonym(NUMBER) == keyed("the key")(NUMBER)


def test_an_empty_secret_is_an_error_and_not_a_key() -> None:
    with pytest.raises(SecretError, match="empty"):
        SecretPseudonym(Secret(key="").read)(NUMBER)
