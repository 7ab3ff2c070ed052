"""The call that all are measured with: a customer's contact in Germany."""

import json
from typing import Any

from tests.e2e.sandbox import ROOT

EVENT: dict[str, Any] = json.loads((ROOT / "events/200-customer-in-germany.json").read_text())
NUMBER = "498999998100"


def check(name: str, answer: dict[str, Any]) -> None:
    """What answers something else is not measured."""
    if answer["statusCode"] != 200 or (name != "empty" and NUMBER not in answer["body"]):
        raise AssertionError(f"{name} answered {answer}")
