"""Skip what a library imports for features that we do not use, so that cold starts are short."""

import gc
import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

RESOURCES: Mapping[str, Callable[[Any], Any]] = {
    "as_file": nullcontext,
    "files": lambda package: Path(str(sys.modules[package].__file__)).parent,
}
"""Functions of `importlib.resources` for certifi, whose file is never in an archive."""


@contextmanager
def skip_imports(modules: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Replace modules by empty ones with only these attributes while the block imports a library.

    Use it only in the one module that imports the library, and name only modules whose features no
    request uses. A replaced module's own imports, and its parent packages, are not imported either.
    If the library imports an attribute that is not listed, such as after an update, the import
    fails with an ImportError that names it. Modules that are already imported stay as they are.

    After the block, other code imports the real modules. The library keeps the empty ones. They
    then take attributes that are not listed from the real module, which is imported for this. So a
    module needs no attributes here if the library uses it only in functions, as `module.name`.

    The garbage collector neither runs in the block nor examines later what the block has imported:
    that would take 3 % of a cold start.
    """
    added = {name: _empty_module(name) for name in modules if name not in sys.modules}
    for name, module in added.items():
        vars(module).update(modules[name])
    sys.modules.update(added)
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
        for name in added:
            del sys.modules[name]


def when_called(module: str, *names: str) -> dict[str, Callable[..., Any]]:
    """Return functions by name. Each imports the module and calls its function of that name."""

    def function(name: str) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            return getattr(importlib.import_module(module), name)(*args, **options)

        return call

    return {name: function(name) for name in names}


def _empty_module(name: str) -> ModuleType:
    module = ModuleType(name)

    def find(attribute: str) -> Any:
        if sys.modules.get(name) is module:
            raise AttributeError(f"{name} is skipped, and {attribute} is not listed.")
        return getattr(importlib.import_module(name), attribute)

    vars(module)["__getattr__"] = find  # https://peps.python.org/pep-0562/
    return module
