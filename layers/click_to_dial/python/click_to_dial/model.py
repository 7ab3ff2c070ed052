"""The values that a decision is made of: click, callee, record, agent, facts, decision."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]
"""Attribute names of the plan and their values, without attributes that are null in Salesforce."""

NO_ATTRIBUTES: Attributes = {}

CalleeKind = Literal[
    "mobile",
    "fixed-line",
    "fixed-or-mobile",
    "toll-free",
    "premium-rate",
    "shared-cost",
    "voip",
    "personal",
    "satellite",
    "international-network",
    "emergency",
    "short-code",
    "internal",
    "unknown",
]


class Numbering(NamedTuple):
    """Rules for reading numbers without a plus.

    National numbers are those of `home_region`, such as DE. `internal_digits` are the lengths of
    internal numbers, or None if the plan does not declare them. `plain_numbers` is the reading of
    digits without any prefix if both readings are valid.
    """

    home_region: str
    internal_digits: range | None = None
    plain_numbers: Literal["international", "national"] = "international"


class Callee(NamedTuple):
    """The number to be called. `number` is E.164 with plus, or None for a short or internal one.

    `without_surplus` is the number that networks dial if `number` has too many digits.
    """

    kind: CalleeKind
    country: str | None = None
    number: str | None = None
    without_surplus: str | None = None


class Click(NamedTuple):
    """A request from jtel; `record_id` has 18 characters, or is None if there is no record.

    `digits` are those of the called number, as received.
    `agent_uid` is empty only in an emergency call without a usable AgentUID. `other_callee` is the
    second reading of an ambiguous number, in another country.
    """

    record_id: str | None
    callee: Callee
    agent_uid: str
    other_callee: Callee | None = None
    digits: str = ""


class CompletedRun(NamedTuple):
    """The last run that read a whole list from Salesforce.

    `number` is the number of the run, and `previous` that of the run which completed before, or the
    same number. `definition` tells which sources it read. `entries` is the number of entries it
    saw. It lasted from `began_at` to `ended_at`, in seconds since 1970.
    """

    number: int
    previous: int
    definition: str
    entries: int
    began_at: float
    ended_at: float


class Record(NamedTuple):
    """The clicked Salesforce record; `found` is False if it does not exist.

    `object_name` is None if the key prefix of the id belongs to no object. `numbers` are the phone
    numbers in the object's `numbers` fields. Only Salesforce returns the numbers themselves; they
    are replaced by keyed hashes before the record is used or cached. The attributes are valid
    until `valid_until` (seconds since 1970; None: no limit), when a consent begins or ends.
    """

    found: bool
    object_name: str | None = None
    attributes: Attributes = NO_ATTRIBUTES
    valid_until: float | None = None
    numbers: tuple[str, ...] = ()


class Agent(NamedTuple):
    """The Salesforce User who clicked; `known` is False unless exactly one active User matches."""

    known: bool
    attributes: Attributes = NO_ATTRIBUTES


def as_text(value: Scalar) -> str:
    """Return a value as people write it: `true`, `7` (also for 7.0), or the text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that a dial plan is evaluated with, by the names that its rules use.

    A name that is not in `values` is missing. `unknown` are the groups of facts that could not be
    read; a group is the part of the name before the dot, such as `record`. `now` is the time of the
    decision in seconds since 1970. `clicked_object` is the object of the clicked id, if its key
    prefix is that of a standard object; it is known without Salesforce.
    """

    values: Attributes
    unknown: frozenset[str] = frozenset()
    now: float = 0.0
    clicked_object: str | None = None


class ServiceNumber(NamedTuple):
    """A number that jtel can signal: its ServiceNumbers.Name, or else Name2.

    It may be shown from `valid_from` until before `valid_to` (seconds since 1970) and to callees in
    `regions`; None is no restriction.
    """

    number: str
    name: str
    valid_from: int | None = None
    valid_to: int | None = None
    regions: frozenset[str] | None = None

    def is_available(self, now: float, country: Scalar | None) -> bool:
        """Return whether it may be shown at `now` to a callee in `country`."""
        if self.valid_from is not None and now < self.valid_from:
            return False
        if self.valid_to is not None and now >= self.valid_to:
            return False
        return self.regions is None or country in self.regions


RuleResult = Literal["failed", "unknown", "no-number", "decided"]
RuleTrace = tuple[str, RuleResult, str | None, Any]
"""How a rule was evaluated: its id, the result, and the condition that failed or is unknown.

The condition is given as its fact and the value that the plan expects; both are None if all
conditions hold. Such a rule decided; or it found no number and the next rule followed; or, if it is
unknown, the number that it signals depends on an unknown fact. It is a plain tuple, because a plan
may have thousands of rules.
"""


@dataclass(frozen=True)
class Decision:
    """Allow the call with `service_number`, or, if that is None, refuse it with `reason`.

    `rule` is the id of the rule that decided. `cause` is `outage` if that rule needed an unknown
    fact, and `unresolved` if no number can be shown. `limited` is True if a limit on attempts was
    checked, so that the call counts if it is allowed. `trace` has each evaluated rule in order.
    """

    rule: str
    service_number: ServiceNumber | None = None
    reason: str = ""
    cause: Literal["rule", "outage", "unresolved"] = "rule"
    limited: bool = False
    trace: tuple[RuleTrace, ...] = field(default=(), compare=False, repr=False)
