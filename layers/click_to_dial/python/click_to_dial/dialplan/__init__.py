"""The dial plan: which service number a call shows and which calls are refused. Pure, no I/O."""

from click_to_dial.dialplan.evaluate import evaluate
from click_to_dial.dialplan.loader import kept_in_salesforce, list_definition, load
from click_to_dial.dialplan.model import DialPlan

__all__ = ["DialPlan", "evaluate", "kept_in_salesforce", "list_definition", "load"]
