"""The dial plan as the function holds it in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from click_to_dial.dialplan.conditions import Attempts, Condition
from click_to_dial.model import ServiceNumber

if TYPE_CHECKING:  # the module reads zones, which a plan without hours does not need
    from click_to_dial.dialplan.calling_hours import Window

Fields = Mapping[str, str]
"""Our attribute name -> Salesforce field path, such as `kind` -> `Account.Type`."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The call is not placed; `reason` is what the agent may read."""

    reason: str


@dataclass(frozen=True, slots=True)
class SignalNumber:
    """The called party sees this service number."""

    service_number: ServiceNumber
    otherwise: "Outcome | None" = None


@dataclass(frozen=True, slots=True)
class NumberMapping:
    """A value -> a service number; `default` where the value is missing or has no entry."""

    entries: Mapping[str, ServiceNumber]
    default: ServiceNumber | None


@dataclass(frozen=True, slots=True)
class SignalMapping:
    """The called party sees the service number that `mapping` holds for the fact `key`."""

    mapping: NumberMapping
    key: str
    otherwise: "Outcome | None" = None


@dataclass(frozen=True, slots=True)
class SignalAgent:
    """The called party sees the agent's own number: `prefix` and the fact `fact`."""

    fact: str
    prefix: str
    name: str
    otherwise: "Outcome | None" = None


Outcome = Refuse | SignalNumber | SignalMapping | SignalAgent


@dataclass(frozen=True, slots=True)
class Rule:
    """Decides with `outcome` where all `conditions` hold."""

    id: str
    conditions: tuple[Condition, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Freshness:
    """For how many seconds what Salesforce said may be used again."""

    record: int
    agent: int
    stale_if_error: int


@dataclass(frozen=True, slots=True)
class DialPlan:
    """Everything that decides a call, and which Salesforce fields that takes."""

    home_region: str
    without_record: bool
    objects: Mapping[str, Fields]
    agent_match: str
    agent_attributes: Fields
    rules: tuple[Rule, ...]
    outage: Outcome
    freshness: Freshness
    hours: "Mapping[str, Window]"
    home_zone: str
    """Its IANA zone; empty where the plan has no hours."""
    listed: Mapping[str, frozenset[str]]
    """The facts about lists that the rules name, each with its lists."""
    attempts: Mapping[str, Attempts]
    """The facts about attempts that the rules name, each with what is counted."""
    version: int = 0
