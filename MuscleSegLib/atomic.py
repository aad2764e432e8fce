"""Files that are either complete or not there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from MuscleSegLib.errors import InputError

#: How SimpleITK says that it cannot write, as it says everything: by a RuntimeError.
_OF_ITK = "Exception thrown in SimpleITK"


def check_folder(path: Path) -> None:
    """Make sure that the folder is there that ``path`` will be written to: worth asking before the long work.

    Raises:
        InputError: It is not, or nothing may be written in it.
    """
    folder = path.parent.absolute()
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist. Make it first, or give another.")
    if not os.access(folder, os.W_OK):
        raise InputError(f"Nothing may be written in the folder {folder}. Give another, or change its rights.")


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``, with the same ending, whose file takes that name when the block ends well.

    Whatever stops the block, ``KeyboardInterrupt`` included, leaves nothing behind, and an older file as it was.

    Yields:
        Where to write.

    Raises:
        InputError: It could not be written.
    """
    temporary = path.with_name(f".{uuid4().hex}-{path.name}")
    try:
        yield temporary
        temporary.replace(path)
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) or _OF_ITK in str(error):
            raise InputError(
                f"{path} could not be written. Is there space, and may you write in {path.parent}?"
            ) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)
