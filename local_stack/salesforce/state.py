"""The simulator's state: an organisation, who is logged in, what was counted, what is to fail."""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from local_stack.salesforce.faults import Fault, Faults
from local_stack.salesforce.org import Org
from local_stack.salesforce.query import Record

CLIENT_ID = "click-to-dial-local"
CLIENT_SECRET = "click-to-dial-local-secret"
ORGANIZATION_ID = "00D0C0000000001UAA"
INTEGRATION_USER_ID = "0050C0000000001QAA"
LOGINS_PER_HOUR = 3600


@dataclass
class Session:
    """What an access token stands for; `expires` is in seconds of `time.monotonic`."""

    user_id: str
    issued_at: float
    expires: float


@dataclass
class Simulator:
    """All that requests read and change, under `lock`. Tests look at it and change it directly."""

    org: Org
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
    recent_logins: deque[float] = field(default_factory=deque)

    def fail(
        self,
        kind: str,
        times: int | None = None,
        path: str = "",
        seconds: float = 30.0,
        **options: object,
    ) -> None:
        """Switches a failure on. Raises ValueError for a kind that does not exist."""
        with self.lock:
            self.faults.add(Fault(kind, times, path, seconds, options))

    def heal(self) -> None:
        """Switches all failures off."""
        with self.lock:
            self.faults.clear()

    def log_in(self, user_id: str = INTEGRATION_USER_ID) -> str:
        """A new access token."""
        token = f"{ORGANIZATION_ID[:15]}!{secrets.token_urlsafe(72)}"
        now = time.time()
        with self.lock:
            self.sessions[token] = Session(user_id, now, time.monotonic() + self.session_seconds)
        return token

    def session(self, token: str) -> Session | None:
        """Who a token stands for; its lifetime starts anew. None where it is not good."""
        session = self.sessions.get(token)
        if session is None or session.expires < time.monotonic():
            return None
        session.expires = time.monotonic() + self.session_seconds
        return session

    def expire_tokens(self) -> None:
        """From now on no token that was given out is good."""
        with self.lock:
            self.sessions.clear()

    def login_rate_exceeded(self) -> bool:
        """Counts a login of the last hour; True where Salesforce would refuse it."""
        now = time.monotonic()
        while self.recent_logins and self.recent_logins[0] < now - 3600:
            self.recent_logins.popleft()
        self.recent_logins.append(now)
        return len(self.recent_logins) > LOGINS_PER_HOUR

    def stats(self) -> Mapping[str, object]:
        """What was asked since the last reset."""
        return {
            "logins": self.logins,
            "api_calls": self.api_calls,
            "requests": dict(self.requests),
        }

    def reset_stats(self) -> None:
        """Starts counting anew; the daily quota stays as it is."""
        with self.lock:
            self.logins = self.api_calls = 0
            self.requests.clear()
