"""SimpleITK on one thread, where the order of sums decides the last digits."""

from collections.abc import Iterator
from contextlib import contextmanager

import SimpleITK as sitk


@contextmanager
def one_itk_thread() -> Iterator[None]:
    """ITK's filters and metrics on one thread each, so that the same images give the same transform, bit for bit.

    The setting is the process's: a metric does not take the one of its registration method.
    """
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)
