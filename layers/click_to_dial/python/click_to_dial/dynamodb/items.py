"""The size of items, which DynamoDB limits to 400 KB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from collections.abc import Mapping
from typing import Any

from click_to_dial.errors import DynamoDBError

MAX_ITEM_BYTES = 400 * 1024
MAX_NUMBER_BYTES = 21
"""Size that is assumed for any number."""


def check_size(item: Mapping[str, Any], message: str) -> None:
    """Raise DynamoDBError with this message if DynamoDB would refuse the item as too large."""
    if size_of(item) > MAX_ITEM_BYTES:
        raise DynamoDBError(message, code="ItemTooLarge")


def size_of(attributes: Mapping[str, Any]) -> int:
    """Return at least the number of bytes that count for the names and values of attributes."""
    size = 0
    for name, value in attributes.items():
        ((kind, content),) = value.items()
        size += len(name.encode(errors="surrogatepass"))
        if kind == "M":
            size += 3 + len(content) + size_of(content)
        elif kind == "S":
            size += len(content.encode(errors="surrogatepass"))
        else:
            size += len(content) if kind == "B" else MAX_NUMBER_BYTES
    return size
