"""Remove from the layer what the functions never read. Fail if an update has moved something.

The metadata of the packages stays: their licences, and the versions that scanners look for.
"""

import shutil
import sys
from pathlib import Path

UNUSED = (
    "aws_lambda_powertools/event_handler",  # a router with Swagger
    "bin",
    "boto3/data",  # the resource interface
    "boto3/examples",
    "phonenumbers/carrierdata",
    "phonenumbers/geodata",  # place names
    "simple_salesforce/metadata.wsdl",  # SOAP
)
BOTOCORE_DATA = {
    "_retry.json",
    "dynamodb",
    "endpoints.json",
    "partitions.json",
    "sdk-default-configuration.json",
    "secretsmanager",
}
"""The only services that the functions call, and what botocore reads for any service."""


def prune(layer: Path) -> None:
    """Remove UNUSED and all of botocore's data except BOTOCORE_DATA.

    Raises FileNotFoundError if one of them does not exist.
    """
    for path in UNUSED:
        _remove(layer / path)
    data = layer / "botocore/data"
    found = {path.name for path in data.iterdir()}
    if missing := BOTOCORE_DATA - found:
        raise FileNotFoundError(f"botocore/data has no {', '.join(sorted(missing))}.")
    for name in found - BOTOCORE_DATA:
        _remove(data / name)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
