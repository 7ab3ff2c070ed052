"""Decide for jtel whether a call may be placed and which number the called party sees."""

import sys
from collections.abc import Mapping
from typing import Any

from click_to_dial.skip_imports import skip_imports

__version__ = "0.1.0"

SKIPPED: dict[str, Mapping[str, Any]] = {
    "ipaddress": {},  # URLs with an IPv6 address
    "tokenize": {},  # the source code of functions
}
if sys.version_info >= (3, 13):  # an older `inspect` has a subclass of one of ast's classes
    SKIPPED["ast"] = {}  # the source code of classes

with skip_imports(SKIPPED):  # before dataclasses, boto3 and others import them
    import inspect  # noqa: F401
    import urllib.parse  # noqa: F401
