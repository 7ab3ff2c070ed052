"""Mappings that are kept in Salesforce: custom metadata or an object with a row for each entry."""

from collections.abc import Mapping, Sequence

from click_to_dial.deadline import Deadline
from click_to_dial.errors import SalesforceUnavailableError
from click_to_dial.model import Scalar
from click_to_dial.ports import RowReader
from click_to_dial.salesforce.queries import mapping_query
from click_to_dial.salesforce.results import value_at


class SalesforceMappings:
    """The port `MappingSource`."""

    def __init__(self, client: RowReader) -> None:
        self._client = client

    def read(
        self, source: Mapping[str, str], deadline: Deadline
    ) -> Sequence[tuple[Scalar | None, Scalar | None]]:
        """Return key and value of each row. Raises SalesforceError, OutOfTimeError."""
        rows = self._client.select(mapping_query(source), deadline)
        try:
            return [(value_at(row, source["key"]), value_at(row, source["value"])) for row in rows]
        except (KeyError, TypeError):
            raise SalesforceUnavailableError(
                "wrong-types", "Salesforce's rows do not hold the fields asked for."
            ) from None
