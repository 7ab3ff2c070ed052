"""The loaded dial plan: the form in which it is evaluated."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

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
    otherwise: "Otherwise" = None


class SignalMapping(NamedTuple):
    """Outcome: show the service number that a mapping has for the value of `fact`.

    `default` applies if the fact is missing or has no entry.
    """

    fact: str
    entries: Mapping[str, ServiceNumber]
    default: ServiceNumber | None
    otherwise: "Otherwise" = None


class SignalAgent(NamedTuple):
    """Outcome: show the agent's own number, which is `prefix` and the value of `fact`."""

    fact: str
    prefix: str
    name: str
    otherwise: "Otherwise" = None


class SignalRecord(NamedTuple):
    """Outcome: show the number in the record, if it is one of the company's service numbers.

    `numbers` are the service numbers, in the order of the plan, under each spelling that
    `phone_numbers.comparable` makes equal.
    """

    fact: str
    numbers: Mapping[str, tuple[ServiceNumber, ...]]
    otherwise: "Otherwise" = None


Outcome = Refuse | SignalNumber | SignalMapping | SignalAgent | SignalRecord
"""What a rule does. `otherwise` applies if no number can be shown."""

Otherwise = Outcome | Literal["next"] | None
"""Another outcome, `next` to go on with the next rule, or None to refuse the call."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that matches if all conditions of one of its `condition_sets` hold.

    A rule that always matches has one empty set.
    """

    id: str
    condition_sets: tuple[tuple[Condition, ...], ...]
    outcome: Outcome

    @property
    def conditions(self) -> Iterator[Condition]:
        """All conditions of the rule."""
        return (condition for conditions in self.condition_sets for condition in conditions)


class Freshness(NamedTuple):
    """Maximum age in seconds of cached facts."""

    record: int
    agent: int
    stale_if_error: int


class SalesforceList(NamedTuple):
    """The state of a list whose entries are read from Salesforce.

    Entries count that the run `oldest_run` or a later one has seen. `is_complete` is False until a
    run has read all sources that the plan names: until then, a number without an entry may be on
    the list.
    """

    oldest_run: int = 0
    is_complete: bool = False


class DialPlan(NamedTuple):
    """A dial plan.

    `objects` has the attributes of each Salesforce object, and `numbers` its fields with phone
    numbers. `lists` and `limits` are the facts about lists and attempts that the rules use, with
    the names of the lists and the calls to count. `salesforce_lists` are the lists whose entries
    are read from Salesforce.
    `case_sensitive_agents` tells if Salesforce compares the field `agent_match` with case.
    `home_zone` is an IANA time zone; it is empty if the plan has no calling hours. `outage` are the
    rules that decide if a rule needs an unknown fact.
    """

    numbering: Numbering
    without_record: bool
    objects: Mapping[str, Fields]
    agent_match: str
    agent_attributes: Fields
    rules: tuple[Rule, ...]
    outage: tuple[Rule, ...]
    freshness: Freshness
    hours: "Mapping[str, Window]"
    home_zone: str
    lists: Mapping[str, frozenset[str]]
    limits: Mapping[str, AttemptLimit]
    numbers: Mapping[str, Sequence[str]]
    salesforce_lists: Mapping[str, SalesforceList] = {}
    version: int = 0
    case_sensitive_agents: bool = False

    def agent_key(self, agent_uid: str) -> str:
        """Return an AgentUID in a form that is equal for all spellings that mean the same agent."""
        if self.case_sensitive_agents:
            return unicodedata.normalize("NFC", agent_uid)
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", agent_uid).casefold())

    def object_fields(self, object_name: str) -> tuple[str, Fields]:
        """Return the object's name as the plan spells it, and the field of each attribute.

        Salesforce ignores the case of names. An object that is not in the plan has no attributes.
        """
        for name, fields in self.objects.items():
            if name.lower() == object_name.lower():
                return name, fields
        return object_name, {}
