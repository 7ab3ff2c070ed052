"""AWS Signature Version 4 of a POST to `/`, which is all that JSON services take. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key; one of a role comes with a session token."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """For which service, in which region, a signature is good."""

    service: str
    region: str


def signed(
    headers: Mapping[str, str], body: bytes, scope: Scope, credentials: Credentials, now: datetime
) -> dict[str, str]:
    """`headers` (names in lower case, `host` among them) and what proves who sends them.

    `now` is UTC.
    """
    moment = now.strftime("%Y%m%dT%H%M%SZ")
    stamped = {**headers, "x-amz-date": moment}
    if credentials.session_token is not None:
        stamped["x-amz-security-token"] = credentials.session_token
    names = sorted(stamped)
    request = "\n".join(
        [
            *("POST", "/", ""),
            *(f"{name}:{' '.join(stamped[name].split())}" for name in names),
            *("", ";".join(names), hashlib.sha256(body).hexdigest()),
        ]
    )
    day = moment[:8]
    within = f"{day}/{scope.region}/{scope.service}/aws4_request"
    to_sign = "\n".join([ALGORITHM, moment, within, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    stamped["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key_id}/{within}, "
        f"SignedHeaders={';'.join(names)}, Signature={_hmac(key, to_sign).hex()}"
    )
    return stamped


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
