"""The table of the tests is the template's."""

from local_stack import template as sam
from tests.integration.conftest import Table


def test_the_table_is_the_templates(table: Table) -> None:
    wanted = sam.load()["Resources"]["Table"]["Properties"]
    made = table.boto3.describe_table(TableName=table.name)["Table"]
    ttl = table.boto3.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]

    assert made["KeySchema"] == wanted["KeySchema"]
    assert made["AttributeDefinitions"] == wanted["AttributeDefinitions"]
    assert made["BillingModeSummary"]["BillingMode"] == wanted["BillingMode"]
    assert ttl["AttributeName"] == wanted["TimeToLiveSpecification"]["AttributeName"]
