"""What the local AWS lacks: an adaptation that is no longer needed must go."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.deployed.built_template import ADAPTATIONS, Adaptation
from tests.deployed.local_aws import LocalAws

LACKING = [adaptation for adaptation in ADAPTATIONS if adaptation.lacking]


@pytest.mark.parametrize("adaptation", LACKING, ids=lambda adaptation: adaptation.reason)
def test_an_adaptation_is_still_needed(aws: LocalAws, adaptation: Adaptation) -> None:
    with pytest.raises((ClientError, WaiterError)):
        create_stack(aws, {"Resources": adaptation.lacking})


def test_a_stack_without_such_resources_is_created(aws: LocalAws) -> None:
    create_stack(aws, {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def create_stack(aws: LocalAws, template: Mapping[str, Any]) -> None:
    cloudformation = aws.client("cloudformation")
    name = f"probe-{uuid.uuid4()}"
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )
