"""SOQL for a decision (quoted for the URL of a sub-request) for mappings and for lists.

Values are bound by format_soql; names cannot be bound, so they are checked. Quoting encodes `@{`,
so that no value can become a reference to another query's answer.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from click_to_dial.dialplan import DialPlan
from click_to_dial.ports import SalesforceRequest
from click_to_dial.salesforce.client import checked_name, format_soql
from click_to_dial.salesforce.consent import CONSENT

_CONSENTS = (
    "SELECT {},PrivacyConsentStatus,EffectiveFrom,EffectiveTo FROM ContactPointTypeConsent "
    "WHERE ContactPointType = 'Phone' AND PartyId"
)


def record_query(plan: DialPlan, request: SalesforceRequest, object_name: str) -> str:
    """Return the query for the clicked record with exactly the fields that the plan names."""
    soql = f"{_select_records(plan, object_name)} WHERE Id = {{}} LIMIT 1"
    return _bound(soql, request.record_id)


def records_query(plan: DialPlan, object_name: str, record_ids: Sequence[str]) -> str:
    """Return the query for several records of one object, with the fields that the plan names."""
    return _bound(f"{_select_records(plan, object_name)} WHERE Id IN {{}}", list(record_ids))


def consent_query(plan: DialPlan, object_name: str) -> str | None:
    """Return the query for what the record's person said about calls; None if the plan has none.

    The person's id is a reference to the answer of the query `record`, which must come earlier in
    the same composite request. If the record has no person, Salesforce refuses this query alone.
    """
    fields = plan.object_fields(object_name)[1]
    if CONSENT not in fields:
        return None
    reference = f"@{{record.records[0].{checked_name(fields[CONSENT])}}}"
    return _quoted(f"{_CONSENTS.format('Id')} = '") + reference + _quoted("'")


def consents_query(person_ids: Sequence[str]) -> str:
    """Return the query for what several persons said about calls. `PartyId` is the person."""
    return _bound(f"{_CONSENTS.format('PartyId')} IN {{}}", list(person_ids))


def agent_query(plan: DialPlan, request: SalesforceRequest) -> str:
    """Return the query for the User. Two rows show that the AgentUID is ambiguous."""
    columns = _columns("Id", "IsActive", *plan.agent_attributes.values())
    match = checked_name(plan.agent_match)
    return _bound(f"SELECT {columns} FROM User WHERE {match} = {{}} LIMIT 2", request.agent_uid)


def object_query(prefix: str) -> str:
    """Return the query for the objects of a key prefix.

    The `=` of SOQL ignores case, and EntityDefinition ignores LIMIT.
    """
    return _bound(
        "SELECT QualifiedApiName,KeyPrefix FROM EntityDefinition WHERE KeyPrefix = {}", prefix
    )


def mapping_query(source: Mapping[str, str]) -> str:
    """Return the query for all rows of a mapping.

    The filter is SOQL of the plan, which only its author can write.
    """
    key, value, name = (checked_name(source[part]) for part in ("key", "value", "object"))
    where = f" WHERE {source['filter']}" if source.get("filter") else ""
    return f"SELECT {key},{value} FROM {name}{where}"


def list_query(source: Mapping[str, Any], after: str | None, rows: int) -> str:
    """Return the query for the next `rows` rows of a list, in the order of Id.

    `after` is the id of the last row that was read, or None. The filter is SOQL of the plan, which
    only its author can write.
    """
    columns = _columns("Id", *source["numbers"])
    conditions = [f"({source['filter']})"] if source.get("filter") else []
    if after is not None:
        conditions.append(str(format_soql("Id > {}", after)))
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    name = checked_name(source["object"])
    return f"SELECT {columns} FROM {name}{where} ORDER BY Id LIMIT {rows:d}"


def _select_records(plan: DialPlan, object_name: str) -> str:
    name, fields = plan.object_fields(object_name)
    columns = _columns("Id", *fields.values(), *plan.numbers.get(name, ()))
    return f"SELECT {columns} FROM {checked_name(object_name)}"


def _columns(*paths: str) -> str:
    """Join the fields, each once whatever its case: SOQL refuses duplicates."""
    return ",".join({path.lower(): checked_name(path) for path in paths}.values())


def _bound(soql: str, value: str | list[str] | None) -> str:
    return _quoted(format_soql(soql, value))


def _quoted(text: str) -> str:
    return quote(text, safe="")
