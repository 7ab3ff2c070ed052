"""The loaded dial plan: the form in which it is evaluated."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from click_to_dial.dialplan.conditions import AttemptLimit, Condition
from click_to_dial.model import Numbering, ServiceNumber

if TYPE_CHECKING:  # only plans with calling hours need this module, which reads time zones
    from click_to_dial.dialplan.calling_hours import Window

Fields = Mapping[str, str]
"""Attribute names of the plan and their Salesforce field paths, such as `kind`: `Account.Type`."""


class Refuse(NamedTuple):
    """Outcome: refuse the call; the agent sees `reason`."""

    reason: str


class SignalNumber(NamedTuple):
    """Outcome: show `service_number` to the called party."""

    service_number: ServiceNumber
    otherwise: "Outcome | None" = None


class SignalMapping(NamedTuple):
    """Outcome: show the service number that a mapping has for the value of `fact`.

    `default` applies if the fact is missing or has no entry.
    """

    fact: str
    entries: Mapping[str, ServiceNumber]
    default: ServiceNumber | None
    otherwise: "Outcome | None" = None


class SignalAgent(NamedTuple):
    """Outcome: show the agent's own number, which is `prefix` and the value of `fact`."""

    fact: str
    prefix: str
    name: str
    otherwise: "Outcome | None" = None


Outcome = Refuse | SignalNumber | SignalMapping | SignalAgent
"""What a rule does. `otherwise` applies if no number can be shown."""


class Rule(NamedTuple):
    """A rule that matches if all `conditions` hold."""

    id: str
    conditions: tuple[Condition, ...]
    outcome: Outcome


class Freshness(NamedTuple):
    """How many seconds cached facts may be used."""

    record: int
    agent: int
    stale_if_error: int


class DialPlan(NamedTuple):
    """A dial plan.

    `objects` has the attributes of each Salesforce object. `lists` and `limits` are the facts about
    lists and attempts that the rules use, with the names of the lists and the calls to count.
    `home_zone` is an IANA time zone; it is empty if the plan has no calling hours.
    """

    numbering: Numbering
    without_record: bool
    objects: Mapping[str, Fields]
    agent_match: str
    agent_attributes: Fields
    rules: tuple[Rule, ...]
    outage: Outcome
    freshness: Freshness
    hours: "Mapping[str, Window]"
    home_zone: str
    lists: Mapping[str, frozenset[str]]
    limits: Mapping[str, AttemptLimit]
    version: int = 0
