"""Packages that only some commands need."""

from collections.abc import Iterator
from contextlib import contextmanager

from MuscleSegLib.errors import MuscleSegError


@contextmanager
def extra_packages(extras: str) -> Iterator[None]:
    """Turn the failure to import a package in the block into a sentence that says how to install it.

    Args:
        extras: which extras of the distribution hold what the block imports, as pip is told.

    Raises:
        MuscleSegError: a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "MuscleSegLib":
            raise
        raise MuscleSegError(f"This needs {package}: pip install 'muscleseg[{extras}]'.") from None
