"""The state of the simulator: the organisation, sessions, counters and active faults."""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from local_stack.salesforce.faults import Fault, Faults
from local_stack.salesforce.organisation import Organisation
from local_stack.salesforce.query import Record

CLIENT_ID = "click-to-dial-local"
CLIENT_SECRET = "click-to-dial-local-secret"
ORGANIZATION_ID = "00D0C0000000001UAA"
INTEGRATION_USER_ID = "0050C0000000001QAA"


@dataclass
class Session:
    """The user of an access token; `expires` is in seconds of `time.monotonic`."""

    user_id: str
    expires: float


@dataclass
class Simulator:
    """Everything that requests read and change, guarded by `lock`. Tests change it directly."""

    org: Organisation
    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    page_size: int = 2000
    daily_calls: int = 15_000
    session_seconds: float = 7200.0
    url: str = ""
    used_calls: int = 0
    logins: int = 0
    api_calls: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    sessions: dict[str, Session] = field(default_factory=dict)
    cursors: dict[str, list[Record]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def fail(
        self,
        kind: str,
        times: int | None = None,
        path: str = "",
        seconds: float = 30.0,
        **options: object,
    ) -> None:
        """Activate a failure. Raises ValueError if its kind or an option does not exist."""
        with self.lock:
            self.faults.add(Fault(kind, times, path, seconds, options))

    def heal(self) -> None:
        """Deactivate all failures."""
        with self.lock:
            self.faults.clear()

    def log_in(self, user_id: str = INTEGRATION_USER_ID) -> str:
        """Return a new access token."""
        token = f"{ORGANIZATION_ID[:15]}!{secrets.token_urlsafe(72)}"
        with self.lock:
            self.sessions[token] = Session(user_id, time.monotonic() + self.session_seconds)
        return token

    def session(self, token: str) -> Session | None:
        """Return the session of a token and extend it, or None if the token is not valid."""
        session = self.sessions.get(token)
        if session is None or session.expires < time.monotonic():
            return None
        session.expires = time.monotonic() + self.session_seconds
        return session

    def expire_tokens(self) -> None:
        """Make all tokens invalid that were issued so far."""
        with self.lock:
            self.sessions.clear()

    def stats(self) -> Mapping[str, object]:
        """Return what was counted since the last reset."""
        return {
            "logins": self.logins,
            "api_calls": self.api_calls,
            "requests": dict(self.requests),
        }

    def reset_stats(self) -> None:
        """Reset the counters, except the daily quota."""
        with self.lock:
            self.logins = self.api_calls = 0
            self.requests.clear()
