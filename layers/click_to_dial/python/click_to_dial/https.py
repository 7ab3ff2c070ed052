"""HTTP/1.1 to one server, over connections that are kept alive, by the standard library alone.

To import requests or urllib3 takes longer than to import all else that a decision needs, and each
call through them a multiple of the processor time (docs/decisions.md).
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

IDLE_SECONDS = 45.0
"""A kept-alive connection that was idle for longer may be dead, above all after a freeze."""


class HttpError(Exception):
    """There is no answer, or no whole one. `reason` is a short code for logs.

    dns, tls, refused, connect-timeout; reset (also a kept-alive connection that the server closed
    in the meantime), read-timeout, truncated (or no HTTP at all).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status says. A redirect is not followed."""

    status: int
    body: bytes


class Server:
    """The server of an http or https URL, whose path does not count. Any thread may send.

    No proxy or .netrc of the environment is heeded, so that none can divert a token.
    """

    def __init__(
        self,
        url: str,
        *,
        connect_seconds: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._idle: list[tuple[HTTPConnection, float]] = []
        parts = urlsplit(url)
        self.host = parts.netloc
        self._tls = None if parts.scheme == "http" else _tls()  # now, lest two threads make two
        self._connect_seconds = connect_seconds
        self._monotonic = monotonic

    def connect(self) -> None:
        """Opens a connection for the next request, if there is none. Raises HttpError."""
        if not self._idle:
            self._idle.append((self._new_connection(self._connect_seconds), self._monotonic()))

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        read_seconds: float,
    ) -> Response:
        """The answer. It may take `read_seconds` between two of its bytes. Raises HttpError.

        Only for requests that may be sent twice: where the server had closed a kept-alive
        connection, that shows only in the attempt to use it.
        """
        kept = self._idle_connection()
        if kept is not None:
            try:
                return self._exchange(kept, method, path, headers, body, read_seconds)
            except HttpError as error:
                if error.reason != "reset":
                    raise
        connection = self._new_connection(read_seconds)
        return self._exchange(connection, method, path, headers, body, read_seconds)

    def _exchange(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None,
        read_seconds: float,
    ) -> Response:
        try:
            with _named("read-timeout", tls="reset", other="reset"):
                connection.sock.settimeout(read_seconds)
                connection.request(method, path, body, headers)
                with connection.getresponse() as answer:
                    response = Response(answer.status, answer.read())
        except BaseException:
            connection.close()
            self.close()  # where one was closed while it was idle, the others were too
            raise
        if answer.will_close or answer.status < 200:  # after 1xx the answer is still to come
            connection.close()
        else:
            self._idle.append((connection, self._monotonic()))
        return response

    def close(self) -> None:
        """Closes the connections that nobody uses just now."""
        while (idle := self._pop()) is not None:
            idle[0].close()

    __del__ = close

    def _pop(self) -> tuple[HTTPConnection, float] | None:
        try:
            return self._idle.pop()  # atomic, unlike a look before it
        except IndexError:
            return None

    def _idle_connection(self) -> HTTPConnection | None:
        idle = self._pop()
        if idle is None:
            return None
        connection, since = idle
        if self._monotonic() - since <= IDLE_SECONDS:
            return connection
        connection.close()
        self.close()  # the others were idle for longer
        return None

    def _new_connection(self, read_seconds: float) -> HTTPConnection:
        seconds = min(self._connect_seconds, read_seconds)
        connection = (
            HTTPConnection(self.host, timeout=seconds)
            if self._tls is None
            else HTTPSConnection(self.host, timeout=seconds, context=self._tls)
        )
        try:
            with _named("connect-timeout", tls="tls", other="refused"):
                connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection


@cache
def _tls() -> ssl.SSLContext:
    """One for all servers: to read the trusted certificates takes long."""
    return ssl.create_default_context()


@contextmanager
def _named(timeout: str, *, tls: str, other: str) -> Iterator[None]:
    """Turns what sockets, TLS and http.client raise into an HttpError."""
    try:
        yield
    except TimeoutError:
        raise HttpError(timeout) from None
    except (socket.gaierror, UnicodeError):  # the latter of a label that is too long
        raise HttpError("dns") from None
    except ssl.SSLError:
        raise HttpError(tls) from None
    except OSError:  # RemoteDisconnected too: the server closed the connection without a word
        raise HttpError(other) from None
    except (HTTPException, MemoryError, OverflowError):  # the latter of an absurd Content-Length
        raise HttpError("truncated") from None
