"""Keeps out of a cold start what libraries import for features that we do not use."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def stand_ins(modules: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Modules with nothing but these attributes, in place of the real ones, while the block runs.

    A library that is imported in the block takes them for real. One that asks for an attribute that
    is not there, such as after an update, fails with an ImportError that names it. What is imported
    already stays as it is, and after the block the real modules can be imported by others.
    """
    added = [name for name in modules if name not in sys.modules]
    for name in added:
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(modules[name])
    try:
        yield
    finally:
        for name in added:
            del sys.modules[name]
