"""The form of a dial plan file. Validation and the JSON Schema that editors use come from here.

What one part says about another (names that must exist, the order of rules) is in plan_checks.
"""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from click_to_dial.decision.number_lookups import MOST_LISTS
from dialplan_cli.plan.hours import Days, Holidays, HoursZone, Spans
from dialplan_cli.plan.rules import Outcome, Refusal, Rule
from dialplan_cli.plan.types import (
    ApiName,
    AttributeName,
    Date,
    Duration,
    FieldPath,
    Name,
    Part,
    Region,
    Sentence,
    Text,
    Version,
    Zone,
)


class ServiceNumber(Part):
    """A number that the company owns and that jtel can signal."""

    number: Text = Field(description="jtel's ServiceNumbers.Name; answered as it is written here.")
    name: Text | None = Field(
        default=None, description="jtel's ServiceNumbers.Name2, its second try."
    )
    valid_from: Date | None = Field(default=None, description="The first day it may be signalled.")
    valid_to: Date | None = Field(default=None, description="The last day it may be signalled.")
    regions: list[Region] | None = Field(
        default=None, min_length=1, description="Countries whose callees it may be shown to."
    )
    allow_special: bool = Field(
        default=False, description="Whether it may be a number that is no ordinary one."
    )


class SalesforceSource(Part):
    """The Salesforce object that holds a mapping: one record for each value."""

    object: ApiName = Field(description="API name, such as Hotline_Mapping__mdt.")
    key: FieldPath = Field(description="The field with the value that is looked up.")
    value: FieldPath = Field(description="The field that names a service number of this plan.")
    filter: Sentence | None = Field(
        default=None, description="SOQL condition, such as Active__c = true."
    )


class MappingInPlan(Part):
    """A table from a value to a service number, kept in this file."""

    entries: dict[str, Name] = Field(min_length=1, description="Value: a service number's key.")
    default: Name | None = Field(
        default=None, description="Where the value is missing or not listed."
    )


class MappingInSalesforce(Part):
    """A table from a value to a service number, kept in Salesforce."""

    salesforce: SalesforceSource
    default: Name | None = Field(
        default=None, description="Where the value is missing or not listed."
    )


class Agents(Part):
    """How the agent who clicked is found among the Salesforce users, and what is read of them."""

    match: ApiName = Field(
        default="CommunityNickname", description="The User field with the AgentUID."
    )
    attributes: dict[AttributeName, FieldPath] = Field(
        default={}, description="Our name: field of User. Rules know it as the fact agent.<name>."
    )


def _mapping_form(value: object) -> str:
    in_salesforce = isinstance(value, dict) and "salesforce" in value
    return "<salesforce>" if in_salesforce else "<entries>"


Mapping = Annotated[
    Annotated[MappingInPlan, Tag("<entries>")]
    | Annotated[MappingInSalesforce, Tag("<salesforce>")],
    Discriminator(_mapping_form),
]


class Freshness(Part):
    """For how long what Salesforce said may be used again: 0s, 90s, 5m, 8h, 7d."""

    record: Duration = Field(default="0s", description="The clicked record.")
    agent: Duration = Field(default="1h", description="The agent.")
    stale_if_error: Duration = Field(
        default="8h", description="Both, while Salesforce is out of reach."
    )


class Hours(Part):
    """A window of time in which people may be called."""

    zone: HoursZone = Field(
        description="Whose clock counts: callee, home, or a zone such as Europe/Vienna."
    )
    open: dict[Days, Spans] = Field(
        min_length=1, description="Days, Mon-Fri or Sat, with hours: 08:00-20:00, or a list."
    )
    holidays: Holidays = Field(
        default=[],
        description="Whose public holidays close it: the callee's country, or AT or DE-BY.",
    )


class Plan(Part):
    """A dial plan: what may be signalled, when, and what is refused."""

    version: Version = Field(description="The version of this format.")
    home_region: Region = Field(description="The country, such as DE, that reads 089… as its own.")
    home_zone: Zone | None = Field(
        default=None, description="Its time zone, where it has more than one: Europe/London."
    )
    without_record: Literal["refuse", "allow"] = Field(
        default="refuse", description="Whether a number without a Salesforce record may be called."
    )
    service_numbers: dict[Name, ServiceNumber] = Field(
        default={}, description="All that is ever signalled."
    )
    mappings: dict[Name, Mapping] = Field(
        default={}, description="Tables from a value to a number."
    )
    objects: dict[ApiName, dict[AttributeName, FieldPath]] = Field(
        default={},
        description="What is read of each Salesforce object; our name: field, or path such as "
        "Account.Type. Rules know it as the fact record.<name>.",
    )
    lists: list[AttributeName] = Field(
        default=[],
        max_length=MOST_LISTS,
        description="Lists of numbers. Rules name them in callee.listed.",
    )
    hours: dict[AttributeName, Hours] = Field(
        default={}, description="Calling hours. Rules know them as the fact hours.<name>."
    )
    agents: Agents = Field(default=Agents(), description="Who clicked.")
    rules: list[Rule] = Field(min_length=1, description="The first whose `when` holds decides.")
    outage: Outcome = Field(
        default=Refusal(refuse="Salesforce cannot be reached. Please dial again in a minute."),
        description="What decides where Salesforce cannot be asked.",
    )
    freshness: Freshness = Field(
        default=Freshness(), description="How long answers are used again."
    )
