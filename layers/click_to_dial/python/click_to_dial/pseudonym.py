"""Keyed hashes that replace phone numbers and agents in the table and in the log."""

import hmac
from collections.abc import Callable
from hashlib import sha256

Pseudonym = Callable[[str], str]


def keyed(key: str) -> Pseudonym:
    """Return a function that computes the keyed hash of a text: 32 hexadecimal digits.

    There are so few phone numbers that hashes without a key can be reversed within minutes
    (docs/privacy.md).
    """
    return lambda text: hmac.new(key.encode(), text.encode(), sha256).hexdigest()[:32]
