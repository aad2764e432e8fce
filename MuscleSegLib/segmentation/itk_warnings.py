"""ITK's own warnings, which name its source files and no remedy."""

from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk


@contextmanager
def without_itk_warnings() -> Iterator[None]:
    """Within the block, ITK writes no warnings to standard error: what matters is said in sentences instead."""
    before = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(before)
