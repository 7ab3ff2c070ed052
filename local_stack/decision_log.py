"""The function's structured log as one line a call, for people who watch `make run`."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from click_to_dial.observability import logger, metrics
from local_stack.gateway import Answer, Handler
from local_stack.proxy_event import Event


class DecisionLog(logging.Handler):
    """Takes what the function logs, and writes it together with the answer."""

    def __init__(self) -> None:
        super().__init__()
        self._calls = threading.local()

    def attach(self) -> None:
        """Stands in for the function's own log, which is JSON."""
        for handler in logger.handlers:
            handler.setLevel(logging.CRITICAL + 1)
        logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps a record until its answer is known; each call has a thread of its own."""
        self._calls.fields = vars(record)

    def write(self, method: str, target: str, answer: Answer) -> None:
        """One line for one answer, and one for each cure that the function asks for."""
        fields = vars(self._calls).pop("fields", {})
        what = _describe(fields) if "outcome" in fields else f"{method} {target.split('?')[0]:.60}"
        print(f"{time.strftime('%H:%M:%S')}  {answer.status}  {what}")
        cures = fields.get("cure", [])
        for cure in [cures] if isinstance(cures, str) else cures:
            print(f"{'':15}{cure}")
        print(end="", flush=True)


def without_metrics(handler: Handler) -> Handler:
    """The handler, with nothing of its metrics left: at the hundredth, Powertools writes them."""

    def handle(event: Event, context: Any) -> Mapping[str, Any]:
        try:
            return handler(event, context)
        finally:
            metrics.clear_metrics()

    return handle


def _describe(fields: dict[str, Any]) -> str:
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
