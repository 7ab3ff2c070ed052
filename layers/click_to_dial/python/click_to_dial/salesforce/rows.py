"""The rows of lists and mappings that are kept in Salesforce."""

from collections.abc import Mapping
from typing import Any

from click_to_dial.deadline import Deadline
from click_to_dial.model import Scalar, as_text
from click_to_dial.ports import ListRow
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.failures import wrong_types
from click_to_dial.salesforce.queries import list_query, mapping_query
from click_to_dial.salesforce.results import value_at

PAGE_ROWS = 2000
"""Number of rows that Salesforce returns in one response."""


def read_list(
    client: SalesforceClient, source: Mapping[str, Any], after: str | None, deadline: Deadline
) -> list[ListRow]:
    """Return the next rows after an id, in the order of ids; none at the end.

    `source` is a source of a list in the dial plan. Only ids and number fields are read. Raises
    SalesforceError, OutOfTimeError.
    """
    rows = client.select(list_query(source, after, PAGE_ROWS), deadline)
    try:
        found = []
        for row in rows:
            values = {field: value_at(row, field) for field in source["numbers"]}
            texts = {name: as_text(value) for name, value in values.items() if value is not None}
            numbers = {name: text for name, text in texts.items() if text.strip()}
            found.append(ListRow(str(row["Id"]), numbers))
    except (KeyError, TypeError):
        raise wrong_types() from None
    if any(row.record_id == after for row in found):  # otherwise, the same page would never end
        raise wrong_types()
    return found


def read_mapping(
    client: SalesforceClient, source: Mapping[str, str], deadline: Deadline
) -> list[tuple[Scalar | None, Scalar | None]]:
    """Return key and value of each row; None is an empty field.

    `source` is the part `salesforce` of a mapping in the dial plan. Raises SalesforceError,
    OutOfTimeError.
    """
    rows = client.select(mapping_query(source), deadline)
    try:
        return [(value_at(row, source["key"]), value_at(row, source["value"])) for row in rows]
    except (KeyError, TypeError):
        raise wrong_types() from None
