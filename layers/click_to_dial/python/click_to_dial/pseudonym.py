"""Keyed hashes, which replace phone numbers and agents in the table and in the log."""

import hmac
from collections.abc import Callable
from hashlib import sha256

Pseudonym = Callable[[str], str]


def keyed(key: str) -> Pseudonym:
    """Return a function that hashes a text with `key` to 32 hexadecimal digits.

    There are so few phone numbers that all hashes without a key could be computed in minutes
    (docs/privacy.md).
    """
    return lambda text: hmac.new(key.encode(), text.encode(), sha256).hexdigest()[:32]
