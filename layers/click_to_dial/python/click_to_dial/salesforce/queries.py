"""The SOQL that a decision takes. Values are bound; names, which cannot be, are checked."""

import re
from collections.abc import Mapping

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceConfigurationError
from click_to_dial.ports import Question
from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce.soql import format_soql

_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)


def record_query(plan: DialPlan, question: Question, object_name: str) -> str:
    """SOQL for the clicked record with exactly the fields that the plan names of its object."""
    columns = _columns("Id", *values(listed(plan, object_name)[1]).values())
    return format_soql(  # names are checked, the value is bound
        f"SELECT {columns} FROM {checked_name(object_name)} WHERE Id = {{}} LIMIT 1",
        question.record_id,
    )


def values(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes whose field holds their value: all but the consent's."""
    return {name: path for name, path in fields.items() if name != CONSENT}


def consent_query(plan: DialPlan, question: Question, object_name: str) -> str | None:
    """SOQL for what the person behind the record said about calls; None where nobody asks.

    A semi-join, so that it needs no answer of the record's own query: it travels beside it.
    """
    name, fields = listed(plan, object_name)
    if CONSENT not in fields:
        return None
    person, of_object = checked_name(fields[CONSENT]), checked_name(name)
    return format_soql(
        "SELECT Id,PrivacyConsentStatus,EffectiveFrom,EffectiveTo FROM ContactPointTypeConsent "
        "WHERE ContactPointType = 'Phone' AND PartyId IN "
        f"(SELECT {person} FROM {of_object} WHERE Id = {{}})",
        question.record_id,
    )


def agent_query(plan: DialPlan, question: Question) -> str:
    """SOQL for the User; two rows are enough to see that the AgentUID is ambiguous."""
    columns = _columns("Id", "IsActive", *plan.agent_attributes.values())
    match = checked_name(plan.agent_match)
    return format_soql(
        f"SELECT {columns} FROM User WHERE {match} = {{}} LIMIT 2", question.agent_uid
    )


def object_query(prefix: str) -> str:
    """SOQL for the object of a key prefix. Its `=` ignores case, and EntityDefinition LIMIT."""
    return format_soql(
        "SELECT QualifiedApiName,KeyPrefix FROM EntityDefinition WHERE KeyPrefix = {}", prefix
    )


def checked_name(path: str) -> str:
    """Names cannot be bound in SOQL. The plan was validated; this holds whoever wrote it."""
    if not _PATH.fullmatch(path):
        raise SalesforceConfigurationError(
            "bad-name", "The dial plan holds a malformed field name."
        )
    return path


def _columns(*paths: str) -> str:
    """Each field once, whatever the case it is written in: SOQL refuses duplicates."""
    return ",".join({path.lower(): checked_name(path) for path in paths}.values())


def listed(plan: DialPlan, object_name: str) -> tuple[str, Mapping[str, str]]:
    """The object as the plan spells it (API names ignore case), and its attributes' fields."""
    for name, fields in plan.objects.items():
        if name.lower() == object_name.lower():
            return name, fields
    return object_name, {}
