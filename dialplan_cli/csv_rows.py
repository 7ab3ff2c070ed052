"""CSV files as people have them."""

import csv
from typing import Any, TextIO


def rows_of(file: TextIO, **options: Any) -> "csv.DictReader[str]":
    """The rows of a file with commas or, as Excel writes it in many countries, semicolons.

    Raises csv.Error on the way.
    """
    first = file.readline()
    file.seek(0)
    return csv.DictReader(file, delimiter=";" if ";" in first else ",", strict=True, **options)
