"""The function's structured log: a line per call in the terminal of `make run`, JSON in a file."""

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from click_to_dial.observability import logger, metrics
from local_stack.gateway import Handler, Response
from local_stack.proxy_event import Event


class DecisionLog(logging.Handler):
    """A log handler that keeps what the function logs until the response is known."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = threading.local()

    def attach(self) -> None:
        """Replace the function's own log handler, which writes JSON."""
        for handler in logger.handlers:
            handler.setLevel(logging.CRITICAL + 1)
        logger.addHandler(self)

    def keep(self, path: Path) -> None:
        """Write the log from now on to a file too, as the function writes it in AWS."""
        file = logging.FileHandler(path, encoding="utf-8", delay=False)
        file.setFormatter(logger.registered_formatter)
        logger.addHandler(file)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record; each call has its own thread."""
        self._calls.fields = vars(record)

    def write(self, method: str, target: str, response: Response) -> None:
        """Print a line for a call, and one for each remedy that the function suggests."""
        fields = vars(self._calls).pop("fields", {})
        what = _summary(fields) if "outcome" in fields else f"{method} {target.split('?')[0]:.60}"
        lines = [f"{time.strftime('%H:%M:%S')}  {response.status}  {what}"]
        remedies = fields.get("remedy", [])
        remedies = [remedies] if isinstance(remedies, str) else remedies
        lines += [f"{'':15}{remedy}" for remedy in remedies]
        with suppress(BrokenPipeError):  # nobody reads them any more
            print("\n".join(lines), flush=True)


def without_metrics(handler: Handler) -> Handler:
    """Return the handler without its metrics, which Powertools prints after every hundredth."""

    def handle(event: Event, context: Any) -> Mapping[str, Any]:
        try:
            return handler(event, context)
        finally:
            metrics.clear_metrics()

    return handle


def _summary(fields: Mapping[str, Any]) -> str:
    words = [str(fields["outcome"])]
    if fields.get("rule"):
        words.append(f"by rule {fields['rule']}")
    if fields.get("parameter"):
        words.append(f"parameter {fields['parameter']}")
    if fields.get("record_from"):
        words.append(f"(record: {fields['record_from']}, agent: {fields['agent_from']},")
        words.append(f"{fields['duration_ms']} ms)")
    if fields.get("salesforce_failures"):
        words.append(f"Salesforce: {', '.join(fields['salesforce_failures'])}")
    if fields.get("error"):
        words.append(f"{fields['error']} at {fields['at'][-1]}")
    return " ".join(words)
