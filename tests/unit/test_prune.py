"""The part of botocore's data that the layer keeps."""

import ast
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

LAYERS = Path(__file__).parents[2] / "layers"
PRUNE = runpy.run_path(str(LAYERS / "dependencies/prune.py"))
BY_BOTOCORE = {"DescribeEndpoints"}
"""Operations that botocore calls by itself."""


def names_in_code() -> Iterator[str]:
    """Yield all attributes and texts in the modules of the functions."""
    for path in (LAYERS / "click_to_dial").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                yield node.attr
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value  # get_paginator("scan")


def described(shape: Shape | None, within: tuple[str, ...] = ()) -> Any:
    """Return names and types of a shape and all that it contains."""
    if shape is None or shape.name in within:
        return None
    within = (*within, shape.name)
    parts = {**getattr(shape, "members", {})}
    parts |= {
        name: getattr(shape, name) for name in ("member", "key", "value") if hasattr(shape, name)
    }
    members = {name: described(part, within) for name, part in parts.items()}
    return shape.name, shape.type_name, shape.serialization, members


@pytest.mark.parametrize("service", PRUNE["OPERATIONS"])
def test_the_operations_that_the_functions_call_are_left(service: str) -> None:
    model = Loader().load_service_model(service, "service-2")
    names = set(names_in_code())
    called = {name for name in model["operations"] if xform_name(name) in names}
    assert PRUNE["OPERATIONS"][service] - BY_BOTOCORE == called


@pytest.mark.parametrize("service", PRUNE["OPERATIONS"])
def test_an_operation_that_is_left_has_its_shapes_and_errors(service: str) -> None:
    model = Loader().load_service_model(service, "service-2")
    pruned = PRUNE["only"](PRUNE["OPERATIONS"][service], model)
    assert len(pruned["shapes"]) < len(model["shapes"])
    for name in PRUNE["OPERATIONS"][service]:
        before, after = (ServiceModel(each).operation_model(name) for each in (model, pruned))
        for shape in ("input_shape", "output_shape"):
            assert described(getattr(after, shape)) == described(getattr(before, shape))
        assert {each.name for each in after.error_shapes} == {
            each.name for each in before.error_shapes
        }


def test_an_operation_that_an_update_has_renamed_is_an_error() -> None:
    with pytest.raises(KeyError, match="FormerName"):
        PRUNE["only"]({"FormerName"}, {"operations": {}, "shapes": {}})
