"""One training at a time in a folder."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from MuscleSegLib.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: The file that is locked. It stays: were it removed, one process could lock it and another the next of that name.
LOCK = "training.lock"


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep other trainings out of ``folder`` for the time of the block.

    The system takes a lock back when the process that holds it ends, however it ends: one that was killed leaves none.

    Raises:
        InputError: Another training has claimed it.
    """
    with (folder / LOCK).open("ab") as file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError):  # the latter on Windows
            raise InputError(
                f"Another training runs in {folder}. Wait until it ends, or give another folder."
            ) from None
        except OSError:
            pass  # Some file systems of clusters know no locks: nobody can claim a folder there.
        yield
