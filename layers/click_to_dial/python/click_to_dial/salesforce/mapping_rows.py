"""The rows of a mapping that is kept in Salesforce."""

from collections.abc import Mapping

from click_to_dial.deadline import Deadline
from click_to_dial.model import Scalar
from click_to_dial.salesforce.client import SalesforceClient
from click_to_dial.salesforce.failures import wrong_types
from click_to_dial.salesforce.queries import mapping_query
from click_to_dial.salesforce.results import value_at


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
