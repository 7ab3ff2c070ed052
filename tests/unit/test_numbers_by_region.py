"""Numbers of every region, in every form of writing, are read as themselves."""

from pathlib import Path

import pytest

from tests.phone_number_table import REGIONS, document, shares

ROOT = Path(__file__).parents[2]
REQUIRED = 0.995


@pytest.mark.parametrize("region", REGIONS)
def test_numbers_of_a_region_are_read_as_themselves(region: str) -> None:
    for form, (right, total) in shares(region).items():
        assert right >= REQUIRED * total, form


def test_the_table_in_the_documentation_is_up_to_date() -> None:
    """If not: `make numbers`."""
    assert document() == (ROOT / "docs/numbers-by-region.md").read_text()
