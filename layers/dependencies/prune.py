"""Removes from the layer what the functions never read. Fails where an update has moved something.

The metadata of the packages stays: their licences, and what scanners tell versions from.
"""

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


def prune(layer: Path) -> None:
    """Removes UNUSED. Raises FileNotFoundError for what is not there."""
    for path in UNUSED:
        if (layer / path).is_dir():
            shutil.rmtree(layer / path)
        else:
            (layer / path).unlink()


if __name__ == "__main__":
    prune(Path(sys.argv[1]))
