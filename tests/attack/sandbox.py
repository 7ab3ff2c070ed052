"""A sandbox of the decision function, as a process of its own that can be killed.

Processes with the right time are forked from a server that has imported the libraries. One with a
wrong clock is a new interpreter, because our modules keep a reference to `time.time`.
"""

import io
import multiprocessing
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

MAX_SECONDS = 60.0
"""Much more than an answer or a start may take: a sandbox that is silent for so long hangs."""
PRELOADED = ["click_to_dial.decision.wiring", "click_to_dial.decision.api"]
CONTEXT = SimpleNamespace(
    function_name="on_click_to_dial",
    memory_limit_in_mb=1769,
    invoked_function_arn="arn",
    aws_request_id="request",
)

Event = Mapping[str, Any]


class Answer(NamedTuple):
    """An answer of the handler; `began` and `ended` are in seconds of `time.monotonic`."""

    response: Mapping[str, Any]
    began: float
    ended: float


class KilledError(Exception):
    """The sandbox has ended without an answer."""


class Sandbox:
    """A running sandbox. Its log is appended to `log`."""

    def __init__(
        self, environment: Mapping[str, str], log: Path, clock_offset: float = 0.0
    ) -> None:
        self.clock_offset = clock_offset
        method = "spawn" if clock_offset else "forkserver"
        context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(PRELOADED)
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=serve, args=(theirs, dict(environment), str(log), clock_offset), daemon=True
        )
        self._process.start()
        theirs.close()
        self._is_ready = False

    def wait(self) -> None:
        """Wait until the function has been imported. Raises KilledError, TimeoutError."""
        if not self._is_ready:
            self._receive()
            self._is_ready = True

    def call(self, event: Event) -> Answer:
        """Send an event and wait for the answer. Raises KilledError, TimeoutError."""
        self.wait()
        began = time.monotonic()
        with suppress(OSError):  # it was killed, which `_receive` reports
            self._connection.send(event)
        response = self._receive()
        return Answer(response, began, time.monotonic())

    def _receive(self) -> Any:
        try:
            if self._connection.poll(MAX_SECONDS):
                return self._connection.recv()
        except (EOFError, OSError) as error:
            raise KilledError from error
        raise TimeoutError(f"No answer within {MAX_SECONDS} s.")

    def kill(self) -> None:
        """End the process at once, whatever it is doing."""
        self._process.kill()

    def close(self) -> None:
        """End the process, and wait until it has ended."""
        self._process.kill()
        self._process.join()
        self._connection.close()


def serve(
    connection: Connection, environment: Mapping[str, str], log: str, clock_offset: float
) -> None:
    """Answer events until the other end is closed. The function's output goes to `log`."""
    os.environ.update(environment)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    assert isinstance(sys.stdout, io.TextIOWrapper)
    # Each line is one write, so that the lines of several processes do not mix.
    sys.stdout.reconfigure(line_buffering=True, write_through=False)
    if clock_offset:
        right_time = time.time
        time.time = lambda: right_time() + clock_offset
    from functions.on_click_to_dial.handler import lambda_handler

    with suppress(EOFError, OSError):
        connection.send("ready")
        while True:
            connection.send(lambda_handler(connection.recv(), CONTEXT))
