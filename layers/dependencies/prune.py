"""Removes from the layer what the functions never read. Fails where an update has moved something.

The metadata of the packages stays: their licences, and what scanners tell versions from.
"""

import shutil
import sys
from pathlib import Path

UNUSED = (
    "aws_lambda_powertools/event_handler",  # a router with Swagger
    "bin",
    "boto3/data",  # for boto3.resource; we use clients
    "boto3/examples",
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


def remove(path: Path) -> None:
    """Removes a file or a folder. Raises FileNotFoundError where there is none."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
