"""Relative links in documents lead to a file and a heading, and files named in documents exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
HISTORY = ("CHANGELOG.md", "benchmarks.md", "decisions.md")
"""Documents that may name files of the past."""
FOLDERS = "dialplan_cli dialplans events functions layers local_stack requirements tests".split()


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def exists(name: str) -> bool:
    """Tell if a path, or its end such as `wiring.py`, is in the repository."""
    if (ROOT / name).exists():
        return True
    pattern = f"**/{name.rstrip('/')}"
    return any(any((ROOT / folder).glob(pattern)) for folder in FOLDERS)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)]*))?\)", document.read_text())
    for path, anchor in links:
        target = document.parent / path if path else document
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), anchor


@pytest.mark.parametrize(
    "document", [each for each in DOCUMENTS if each.name not in HISTORY], ids=lambda path: path.name
)
def test_a_file_that_is_named_exists(document: Path) -> None:
    for name in re.findall(r"`([\w/-]+(?:\.(?:py|toml|yaml|txt|mk)|/))`", document.read_text()):
        assert exists(name), name
