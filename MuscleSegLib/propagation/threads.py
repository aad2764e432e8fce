"""How many threads the work is spread over."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from MuscleSegLib.registration.threads import one_itk_thread


@contextmanager
def one_thread() -> Iterator[None]:
    """ITK and PyTorch on one thread each.

    Slices are small: threads spend more time waiting for one another than they save, several times more where other
    programs are running too. The settings are the process's.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with one_itk_thread():
            yield
    finally:
        torch.set_num_threads(before)
