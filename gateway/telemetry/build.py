"""Which program this is."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version


@cache
def build_version() -> str:
    """As it was installed, such as `0.1.0`."""
    try:
        return version("trunkline")
    except PackageNotFoundError:  # run from a folder of sources
        return "unknown"


def python_version() -> str:
    """Such as `3.12.4`."""
    return platform.python_version()
