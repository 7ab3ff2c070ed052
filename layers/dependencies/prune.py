"""Remove from the layer what the functions never read. Fail if an update has moved something.

The metadata of the packages stays: their licences, and the versions that scanners look for.
"""

import gzip
import json
import shutil
import sys
from pathlib import Path
from typing import Any

UNUSED = (
    "aws_lambda_powertools/event_handler",  # a router with Swagger
    "bin",
    "boto3/data",  # the resource interface
    "boto3/examples",
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",  # place names
    "simple_salesforce/metadata.wsdl",  # SOAP
)
OPERATIONS = {
    "codedeploy": {"PutLifecycleEventHookExecutionStatus"},
    "dynamodb": {
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "DescribeEndpoints",  # by botocore, with AWS_ENABLE_ENDPOINT_DISCOVERY
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactWriteItems",
        "UpdateItem",
    },
    "lambda": {"Invoke"},
    "secretsmanager": {"GetSecretValue"},
}
"""Operations that the functions call, by service. Parsing all would take 3 % of a cold start."""
BOTOCORE_DATA = OPERATIONS.keys() | {
    "_retry.json",
    "endpoints.json",
    "partitions.json",
    "sdk-default-configuration.json",
}
"""botocore's data for these services, and what it reads for any service."""


def prune(layer: Path) -> None:
    """Remove UNUSED and what the functions do not need of botocore's data.

    Raises FileNotFoundError or KeyError if something is not where it was.
    """
    for path in UNUSED:
        _remove(layer / path)
    data = layer / "botocore/data"
    found = {path.name for path in data.iterdir()}
    if missing := BOTOCORE_DATA - found:
        raise FileNotFoundError(f"botocore/data has no {', '.join(sorted(missing))}.")
    for name in found - BOTOCORE_DATA:
        _remove(data / name)
    endpoints = data / "endpoints.json"  # parsing all of them takes a tenth of a cold start
    content = json.loads(endpoints.read_text())
    for partition in content["partitions"]:
        services = partition["services"]
        partition["services"] = {
            name: services[name] for name in sorted(OPERATIONS.keys() & services)
        }
    endpoints.write_text(json.dumps(content))
    for service, operations in OPERATIONS.items():
        *former, current = sorted((data / service).iterdir())
        for version in former:
            _remove(version)
        for packed in current.glob("*.json.gz"):
            content = json.loads(gzip.decompress(packed.read_bytes()))
            if packed.name == "service-2.json.gz":
                content = only(operations, content)
            # It finds table ARNs in a request. We use names of tables, and JMESPath takes 15 ms.
            for operation in content.get("operations", {}).values():
                operation.pop("operationContextParams", None)
            # The documentation is four fifths of it.
            packed.with_suffix("").write_text(json.dumps(_without_documentation(content)))
            packed.unlink()


def only(operations: set[str], model: dict[str, Any]) -> dict[str, Any]:
    """Return the model of a service with these operations and the shapes that they use.

    Raises KeyError if it lacks one.
    """
    kept = {name: model["operations"][name] for name in sorted(operations)}
    shapes: dict[str, Any] = {}
    values: list[Any] = [kept]
    while values:
        value = values.pop()
        if isinstance(value, list):
            values.extend(value)
        if isinstance(value, dict):
            values.extend(value.values())
            name = value.get("shape")  # a shape may have a member of that name
            if isinstance(name, str) and name not in shapes:
                shapes[name] = model["shapes"][name]
                values.append(shapes[name])
    return {**model, "operations": kept, "shapes": shapes}


def _without_documentation(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_documentation(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_documentation(each)
        for name, each in value.items()
        if not (name == "documentation" and isinstance(each, str))  # a shape may have that name
    }


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
