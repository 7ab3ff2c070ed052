"""The dial plan: what may be signalled, when, and what is refused. Pure; it knows no I/O."""

from click_to_dial.dialplan.evaluate import evaluate
from click_to_dial.dialplan.loader import kept_in_salesforce, load
from click_to_dial.dialplan.model import DialPlan

__all__ = ["DialPlan", "evaluate", "kept_in_salesforce", "load"]
