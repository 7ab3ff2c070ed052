"""The queries that a decision takes, quoted for a URL.

Values are bound; names, which cannot be, are checked. Quoting leaves no `@{` of a value, so that
the one reference to another query's answer is the one that is written here.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from click_to_dial.dialplan import DialPlan
from click_to_dial.errors import SalesforceConfigurationError
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.consent import CONSENT
from click_to_dial.salesforce.soql import format_soql

_PATH = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)*", re.ASCII)


def record_query(plan: DialPlan, request: SalesforceRequest, object_name: str) -> str:
    """The clicked record with exactly the fields that the plan names of its object."""
    columns = _columns("Id", *listed(plan, object_name)[1].values())
    return _bound(
        f"SELECT {columns} FROM {checked_name(object_name)} WHERE Id = {{}} LIMIT 1",
        request.record_id,
    )


def values(fields: Mapping[str, str]) -> Mapping[str, str]:
    """The attributes whose field holds their value: all but the consent's."""
    return {name: path for name, path in fields.items() if name != CONSENT}


def consent_query(plan: DialPlan, object_name: str) -> str | None:
    """What the person behind the record said about calls; None where the plan does not ask.

    The person stands in the answer to the query `record`, which must travel before this one in the
    same request. Salesforce writes it in; where there is none, it refuses this query alone.
    """
    fields = listed(plan, object_name)[1]
    if CONSENT not in fields:
        return None
    soql = (
        "SELECT Id,PrivacyConsentStatus,EffectiveFrom,EffectiveTo FROM ContactPointTypeConsent "
        "WHERE ContactPointType = 'Phone' AND PartyId = '"
    )
    reference = f"@{{record.records[0].{checked_name(fields[CONSENT])}}}"
    return _quoted(soql) + reference + _quoted("'")


def agent_query(plan: DialPlan, request: SalesforceRequest) -> str:
    """The User; two rows are enough to see that the AgentUID is ambiguous."""
    columns = _columns("Id", "IsActive", *plan.agent_attributes.values())
    match = checked_name(plan.agent_match)
    return _bound(f"SELECT {columns} FROM User WHERE {match} = {{}} LIMIT 2", request.agent_uid)


def object_query(prefix: str) -> str:
    """The object of a key prefix. Its `=` ignores case, and EntityDefinition LIMIT."""
    return _bound(
        "SELECT QualifiedApiName,KeyPrefix FROM EntityDefinition WHERE KeyPrefix = {}", prefix
    )


def checked_name(path: str) -> str:
    """Names cannot be bound in SOQL. The plan was validated; this holds whoever wrote it."""
    if not _PATH.fullmatch(path):
        raise SalesforceConfigurationError(
            "bad-name", "The dial plan holds a malformed field name."
        )
    return path


def _bound(soql: str, value: str | None) -> str:
    return _quoted(format_soql(soql, value))


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _columns(*paths: str) -> str:
    """Each field once, whatever the case it is written in: SOQL refuses duplicates."""
    return ",".join({path.lower(): checked_name(path) for path in paths}.values())


def listed(plan: DialPlan, object_name: str) -> tuple[str, Mapping[str, str]]:
    """The object as the plan spells it (API names ignore case), and its attributes' fields."""
    for name, fields in plan.objects.items():
        if name.lower() == object_name.lower():
            return name, fields
    return object_name, {}
