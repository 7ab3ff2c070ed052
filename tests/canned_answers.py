"""HTTP without a socket: answers that are known before the request."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter


class CannedAnswers(HTTPAdapter):
    """Answers every request of the session that it is mounted on alike; keeps the requests."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.status, self.body, self.headers = status, body, headers or {}
        self.requests: list[requests.PreparedRequest] = []

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        self.requests.append(request)
        raw = urllib3.HTTPResponse(
            BytesIO(self.body), self.headers, self.status, preload_content=False
        )
        return self.build_response(request, raw)
