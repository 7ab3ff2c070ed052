"""The rules of a dial plan: conditions with their operators, and outcomes.

`dialplan_cli.plan.facts` checks which facts exist and which values suit them.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from click_to_dial.model import CalleeKind
from dialplan_cli.plan.types import (
    AttributeName,
    Comparable,
    Duration,
    Name,
    PlanModel,
    Scalar,
    Scalars,
    Sentence,
    Text,
    Texts,
    form_by_key,
    one_or_list,
)


class Operators(PlanModel):
    """Comparisons, all of which must hold."""

    not_: Scalars | None = Field(
        default=None, alias="not", description="None of these. Never holds for a missing fact."
    )
    prefix: Texts | None = Field(default=None, description="Text that starts with one of these.")
    matches: Texts | None = Field(
        default=None, description="Text that matches one of these patterns: * ? [a-z]."
    )
    lt: Comparable | None = Field(default=None, description="Less than.")
    lte: Comparable | None = Field(default=None, description="Less than or equal to.")
    gt: Comparable | None = Field(default=None, description="Greater than.")
    gte: Comparable | None = Field(default=None, description="Greater than or equal to.")
    includes: Texts | None = Field(
        default=None, description="Multi-select picklist in which one of these is selected."
    )
    excludes: Texts | None = Field(
        default=None, description="Multi-select picklist in which none of these is selected."
    )
    same_as: Name | None = Field(
        default=None, description="Another fact with the same value, such as agent.id."
    )
    differs_from: Name | None = Field(
        default=None, description="Another fact with a different value."
    )
    present: bool | None = Field(
        default=None, description="true: the fact has a value; false: it is missing."
    )
    within: Duration | None = Field(
        default=None, description="callee.attempts: the time in which calls are counted."
    )
    by: Literal["anyone", "others"] | None = Field(
        default=None, description="callee.attempts: the agents whose calls count. Default: anyone."
    )

    @model_validator(mode="after")
    def _has_operator(self) -> Self:
        if not self.model_fields_set:
            raise PydanticCustomError("operator", "needs an operator, such as `not` or `present`")
        return self


OPERATORS = tuple(field.alias or name for name, field in Operators.model_fields.items())
"""Names of the operators, as they are written."""

Expected = Annotated[
    Annotated[Scalar, Tag("<one>")]
    | Annotated[list[Scalar], Field(min_length=1), Tag("<list>")]
    | Annotated[Operators, Tag("<operators>")],
    Discriminator(lambda value: "<operators>" if isinstance(value, dict) else one_or_list(value)),
]

_KIND = {"enum": list(get_args(CalleeKind))}
_BUILT_IN_FACTS = {
    "callee.kind": {
        "description": "The kind of number.",
        "anyOf": [_KIND, {"type": "array", "items": _KIND}, {"type": "object"}],
    },
    "callee.country": {"description": "Two capital letters, such as AT."},
    "callee.number": {
        "description": "With a leading plus, such as +436601234567. Missing for short numbers."
    },
    "callee.listed": {"description": "Lists, at least one of which contains the number."},
    "callee.attempts": {"description": "Calls to the number: {gte: 4, within: 30d, by: anyone}."},
    "callee.on_record": {
        "description": "true if one of the record's `numbers` is the number to be called."
    },
    "record.object": {"description": "API name of the record's object, such as Contact."},
    "agent.known": {"description": "true if exactly one active user has the AgentUID."},
    "agent.id": {"description": "Id of the agent's user, to compare with record.<name>."},
}
Conditions = Annotated[
    dict[Name, Expected],
    Field(
        min_length=1,
        description="Conditions: a fact and its expected value. All must hold. Besides the facts "
        "listed here there are record.<name> and agent.<name> for each attribute, and hours.<name> "
        "for each window.",
        json_schema_extra={"properties": _BUILT_IN_FACTS},
    ),
]
When = Annotated[
    Annotated[Conditions, Tag("<one>")]
    | Annotated[
        list[Conditions],
        Field(min_length=1, description="Sets of conditions. One of them must hold."),
        Tag("<list>"),
    ],
    Discriminator(one_or_list),
]


class MappedNumber(PlanModel):
    """The service number that a mapping contains for the value of a fact."""

    mapping: Name
    key: Name = Field(description="The fact to look up, such as record.country.")


class AgentNumber(PlanModel):
    """The agent's own number."""

    agent: AttributeName = Field(description="The agent attribute with the number.")
    prefix: Text | None = Field(
        default=None, description="Digits to put before it, if it is only an extension."
    )
    name: Text | None = Field(
        default=None, description="jtel's ServiceNumbers.Name2, which jtel looks up second."
    )


class RecordNumber(PlanModel):
    """The number in the record, if it is one of the plan's service numbers."""

    record: AttributeName = Field(description="The record attribute with the number.")


Signal = Annotated[
    Annotated[Name, Tag("<number>")]
    | Annotated[MappedNumber, Tag("<mapping>")]
    | Annotated[RecordNumber, Tag("<record>")]
    | Annotated[AgentNumber, Tag("<agent>")],
    form_by_key("agent", "record", default="mapping", scalar="number"),
]


class Refusal(PlanModel):
    """The call is not placed."""

    refuse: Sentence = Field(description="The reason, which the agent reads.")


class Signalling(PlanModel):
    """The call is placed and the called party sees a service number."""

    signal: Signal = Field(
        description="A service number's key, a mapping with its key, an agent attribute or a "
        "record attribute."
    )
    otherwise: "Otherwise | None" = Field(
        default=None,
        description="The outcome if there is no number to signal; `next`: the next rule decides.",
    )


_OUTCOME_FORM = form_by_key("signal", default="refuse")
Outcome = Annotated[
    Annotated[Refusal, Tag("<refuse>")] | Annotated[Signalling, Tag("<signal>")],
    _OUTCOME_FORM,
]

Otherwise = Annotated[
    Annotated[Refusal, Tag("<refuse>")]
    | Annotated[Signalling, Tag("<signal>")]
    | Annotated[Literal["next"], Tag("<next>")],
    form_by_key("signal", default="refuse", scalar="next"),
]

RuleId = Annotated[Name, Field(description="Name of the rule in refusals, logs and explanations.")]


class RefusingRule(Refusal):
    """A rule that refuses the call."""

    id: RuleId
    when: When | None = None


class SignallingRule(Signalling):
    """A rule that allows the call."""

    id: RuleId
    when: When | None = None


Rule = Annotated[
    Annotated[RefusingRule, Tag("<refuse>")] | Annotated[SignallingRule, Tag("<signal>")],
    _OUTCOME_FORM,
]


class RefusingOutage(Refusal):
    """An entry of `outage` that refuses the call."""

    when: When | None = None


class SignallingOutage(Signalling):
    """An entry of `outage` that allows the call."""

    when: When | None = None


OutageRule = Annotated[
    Annotated[RefusingOutage, Tag("<refuse>")] | Annotated[SignallingOutage, Tag("<signal>")],
    _OUTCOME_FORM,
]
Outage = Annotated[
    Annotated[Outcome, Tag("<one>")]
    | Annotated[list[OutageRule], Field(min_length=1), Tag("<list>")],
    Discriminator(one_or_list),
]
