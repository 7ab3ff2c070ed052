"""The dial plan: what may be signalled, when, and what is refused. Pure; it knows no I/O."""

from click_to_dial.dialplan.decide import Tried, decide
from click_to_dial.dialplan.load import load
from click_to_dial.dialplan.plan import DialPlan

__all__ = ["DialPlan", "Tried", "decide", "load"]
