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
SERVICES = {"codedeploy", "dynamodb", "lambda", "secretsmanager"}
"""The only services that the functions call."""
BOTOCORE_DATA = SERVICES | {
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
        partition["services"] = {name: services[name] for name in sorted(SERVICES & set(services))}
    endpoints.write_text(json.dumps(content))
    for service in SERVICES:
        for packed in (data / service).rglob("*.json.gz"):
            content = json.loads(gzip.decompress(packed.read_bytes()))
            # They find the ARNs of tables in a request. We name tables, and JMESPath takes 15 ms.
            for operation in content.get("operations", {}).values():
                operation.pop("operationContextParams", None)
            # The documentation is four fifths of it.
            packed.with_suffix("").write_text(json.dumps(_without_documentation(content)))
            packed.unlink()


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
