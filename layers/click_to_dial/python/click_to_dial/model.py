"""The nouns of a call: who clicked which record, to call whom, and what is known about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Scalar = str | int | float | bool
Attributes = Mapping[str, Scalar]
"""Our attribute names with their values; an attribute that is null in Salesforce is left out."""

CalleeKind = Literal[
    "mobile",
    "fixed-line",
    "toll-free",
    "premium-rate",
    "shared-cost",
    "emergency",
    "short-code",
    "internal",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Callee:
    """The number to be called. `number` is E.164 with plus; a short or internal one has none."""

    kind: CalleeKind
    country: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Click:
    """One request of jtel: `record_id` has 18 characters; None is a number without a record."""

    record_id: str | None
    callee: Callee
    agent_uid: str


@dataclass(frozen=True, slots=True)
class Record:
    """The clicked Salesforce record; `found` is False where there is none with this id.

    `object_name` is None where the id's key prefix belongs to no object.
    """

    found: bool
    object_name: str | None = None
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Agent:
    """The Salesforce User who clicked; `known` is False for none, an inactive one or several."""

    known: bool
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a decision is made from, by the names that the dial plan uses.

    A name that is not in `values` is missing. `unknown` holds the groups (the part of the name
    before the dot) that could not be asked: their facts are neither there nor missing.
    """

    values: Attributes
    unknown: frozenset[str] = frozenset()
    now: float = 0.0
    """When the call is decided, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class ServiceNumber:
    """What jtel signals: its ServiceNumbers.Name and, as a second try, ServiceNumbers.Name2.

    It may be signalled from `valid_from` until before `valid_to`, in seconds since 1970, and to
    callees in `regions`; None restricts nothing.
    """

    number: str
    name: str
    valid_from: int | None = None
    valid_to: int | None = None
    regions: frozenset[str] | None = None


RuleResult = Literal["failed", "unknown", "decided"]
RuleTrace = tuple[str, RuleResult, str | None, Any]
"""How a rule was evaluated: its id, the result, and the condition that failed or is unknown.

The condition is given as its fact and the value that the plan expects; both are None if all
conditions hold. Such a rule decided, or, if it is unknown, the number that it signals depends on an
unknown fact. It is a plain tuple, because a plan may have thousands of rules.
"""


@dataclass(frozen=True, slots=True)
class Decision:
    """Dial and signal `service_number`, or, where that is None, refuse and say `reason`.

    `rule` is the id of the rule that decided. `cause` is `outage` where that rule needed a fact
    that could not be had, `unresolved` where it named a number that does not exist.
    """

    rule: str
    service_number: ServiceNumber | None = None
    reason: str = ""
    cause: Literal["rule", "outage", "unresolved"] = "rule"
    limited: bool = False
    """Whether a limit on attempts was looked at, so that the call counts where it is allowed."""
    trace: tuple[RuleTrace, ...] = field(default=(), compare=False, repr=False)
    """Each rule that was evaluated, in order; the last one decided."""
