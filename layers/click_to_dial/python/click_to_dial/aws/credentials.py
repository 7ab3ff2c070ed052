"""The credentials of a function's role where SnapStart gives them: at an endpoint in the sandbox.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
import threading
import time
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from click_to_dial.aws.errors import AwsError
from click_to_dial.aws.signature import Credentials
from click_to_dial.https import HttpError, Server

SECONDS = 1.0
RENEW_SECONDS = 300.0
"""Before they expire. Where they cannot be renewed, they are still good for as long."""


class ContainerCredentials:
    """Fetches the credentials, and fetches them anew before they expire. `clock`: since 1970."""

    def __init__(self, url: str, token: str, clock: Callable[[], float] = time.time) -> None:
        self._server = Server(url, connect_seconds=SECONDS)
        self._path = urlsplit(url).path
        self._token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._credentials: Credentials | None = None
        self._expires_at = 0.0

    def __call__(self) -> Credentials:
        """Credentials that have not expired. Raises AwsError."""
        with self._lock:
            left = self._expires_at - self._clock()
            if self._credentials is None or left <= RENEW_SECONDS:
                try:
                    self._credentials, self._expires_at = self._fetched()
                except AwsError:
                    if self._credentials is None or left <= 0:
                        raise
            return self._credentials

    def _fetched(self) -> tuple[Credentials, float]:
        headers = {"authorization": self._token}
        try:
            answer = self._server.send("GET", self._path, headers, read_seconds=SECONDS)
            found = json.loads(answer.body)
            expires_at = datetime.fromisoformat(found["Expiration"]).timestamp()
            made = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["Token"])
        except HttpError as error:
            raise AwsError(f"CredentialsUnavailable-{error.reason}", passing=True) from None
        except (ValueError, TypeError, KeyError):
            raise AwsError("CredentialsUnavailable", passing=True) from None
        return made, expires_at
