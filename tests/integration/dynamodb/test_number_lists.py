"""Number lists on DynamoDB, where a deletion may arrive twice."""

from typing import Any

from click_to_dial.dynamodb.number_lists import ListEntry, NumberLists
from tests.integration.repeated import send_twice


def test_a_deletion_whose_first_answer_was_lost_is_a_deletion(table: Any) -> None:
    send_twice(table.dynamodb, "DeleteItem")
    lists = NumberLists(table.dynamodb, table.name)
    lists.write([ListEntry("list#dnc#1", "asked", "jane", None)])
    assert lists.delete("list#dnc#1")
    assert lists.read(["list#dnc#1"]) == []
    assert not lists.delete("list#dnc#1")
