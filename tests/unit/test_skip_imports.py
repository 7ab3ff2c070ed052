import gc
import importlib
import sys
from pathlib import Path

import phonenumbers
import pytest

import click_to_dial
from click_to_dial import aws, observability, phone_numbers
from click_to_dial.skip_imports import skip_imports, when_called

SKIPPED = {**click_to_dial.SKIPPED, **aws.SKIPPED, **observability.SKIPPED, **phone_numbers.SKIPPED}


@pytest.mark.parametrize("module", SKIPPED)
def test_a_skipped_module_exists_with_the_listed_names(module: str) -> None:
    """An update that moves it fails here, before it makes cold starts longer."""
    real = importlib.import_module(module)
    assert [name for name in SKIPPED[module] if not hasattr(real, name)] == []


def test_all_formats_that_only_finding_numbers_needs_are_skipped() -> None:
    prefix = "phonenumbers.data.alt_format_"
    skipped = {name for name in phone_numbers.SKIPPED if name.startswith(prefix)}
    folder = Path(phonenumbers.__file__).parent / "data"
    assert skipped == {f"phonenumbers.data.{path.stem}" for path in folder.glob("alt_format_*.py")}


def test_an_import_in_the_block_gets_the_empty_module_and_one_after_it_the_real_one() -> None:
    with skip_imports({"antigravity": {"fly": None}}):
        assert importlib.import_module("antigravity").fly is None
    assert "antigravity" not in sys.modules


def test_a_module_that_is_imported_already_stays() -> None:
    real = sys.modules["json"]
    with skip_imports({"json": {}}):
        assert importlib.import_module("json") is real
    assert sys.modules["json"] is real


def test_an_attribute_that_is_not_listed_is_named_by_the_error() -> None:
    with (
        skip_imports({"antigravity": {"fly": None}}),
        pytest.raises(ImportError, match="geohash"),
    ):
        from antigravity import geohash  # noqa: F401


def test_after_the_block_an_empty_module_has_what_the_real_one_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    with skip_imports({"colorsys": {"ONE_THIRD": 7}}):
        kept = importlib.import_module("colorsys")
    assert "colorsys" not in sys.modules
    assert kept.rgb_to_hsv(1, 1, 1) == (0.0, 0.0, 1)
    assert kept.ONE_THIRD == 7
    monkeypatch.setattr("colorsys.rgb_to_hsv", lambda *_: "replaced by an agent")
    assert kept.rgb_to_hsv(1, 1, 1) == "replaced by an agent"
    with pytest.raises(AttributeError, match="rgb_to_cmyk"):
        kept.rgb_to_cmyk(1, 1, 1)


def test_a_function_imports_its_module_when_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    convert = when_called("colorsys", "rgb_to_hsv")["rgb_to_hsv"]
    assert "colorsys" not in sys.modules
    assert convert(1, g=1, b=1) == (0.0, 0.0, 1)
    assert "colorsys" in sys.modules


def test_a_failure_in_the_block_leaves_no_empty_module_behind() -> None:
    with pytest.raises(ValueError, match="failed"), skip_imports({"antigravity": {}}):
        raise ValueError("failed")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("enabled", [True, False])
def test_the_garbage_collector_does_not_run_in_the_block(enabled: bool) -> None:
    was_enabled, frozen = gc.isenabled(), gc.get_freeze_count()
    (gc.enable if enabled else gc.disable)()
    try:
        with skip_imports({}):
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
        assert gc.get_freeze_count() >= frozen
    finally:
        (gc.enable if was_enabled else gc.disable)()
