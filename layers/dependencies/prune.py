"""Removes from the layer what the functions never read. Fails where an update has moved something.

The metadata of the packages stays: their licences, and what scanners tell versions from.
"""

import json
import shutil
import sys
from pathlib import Path

UNUSED = (
    "aws_lambda_powertools/event_handler",  # a router with Swagger
    "bin",
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",  # place names
    "simple_salesforce/metadata.wsdl",  # SOAP
)
AWS_SERVICES = ("dynamodb", "secretsmanager")
"""The services that we call; botocore describes four hundred more."""


def prune(layer: Path) -> None:
    """Removes UNUSED and the descriptions of other services. Raises FileNotFoundError."""
    for path in UNUSED:
        remove(layer / path)
    services = {path.name: path for path in (layer / "botocore/data").iterdir() if path.is_dir()}
    for service in AWS_SERVICES:
        if services.pop(service, None) is None:
            raise FileNotFoundError(f"botocore/data/{service}")
    for folder in services.values():
        remove(folder)
    trim_endpoints(layer / "botocore/data/endpoints.json")


def trim_endpoints(path: Path) -> None:
    """Leaves of a megabyte, which the first client reads, what is about AWS_SERVICES.

    The rule sets beside each service's description give the endpoints; this file gives regions.
    """
    content = json.loads(path.read_text())
    for partition in content["partitions"]:
        services = partition["services"]
        partition["services"] = {name: services[name] for name in AWS_SERVICES if name in services}
    path.write_text(json.dumps(content))


def remove(path: Path) -> None:
    """Removes a file or a folder. Raises FileNotFoundError where there is none."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
