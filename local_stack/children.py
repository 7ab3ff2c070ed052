"""Programs that `make run` starts beside itself, and takes down with itself."""

import subprocess
import sys
from pathlib import Path
from types import TracebackType

_END_SECONDS = 3


class ChildError(Exception):
    """A program did not start; the message says which."""


class Child:
    """A program of this project that runs as long as the `with` block."""

    def __init__(self, log: Path, module: str, *arguments: str) -> None:
        self._log = log
        self._module = module
        self._arguments = arguments

    def __enter__(self) -> "Child":
        command = [sys.executable, "-m", self._module, *self._arguments]
        with self._log.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 (one of ours)
                command, stdout=subprocess.PIPE, stderr=errors, text=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, traceback: TracebackType | None
    ) -> None:
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def url(self) -> str:
        """Where it listens, once it does: the last word of the first line that it prints.

        Raises ChildError where it ends instead.
        """
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        if not words:
            raise ChildError(f"{self._module} did not start; {self._log} says why.")
        return words[-1]
