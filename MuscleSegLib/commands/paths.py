"""The paths that a command is given to write to."""

from collections.abc import Iterable
from pathlib import Path

from MuscleSegLib.errors import InputError


def check_free(outputs: Iterable[Path], *, overwrite: bool, inputs: Iterable[Path] = ()) -> None:
    """Refuse to write where something is: worth asking before the long work.

    Args:
        outputs: All files that the command will write.
        overwrite: Whether a file that is there may be replaced.
        inputs: What the command reads; it is never replaced.

    Raises:
        InputError: A file is there, and may not be replaced.
    """
    kept = [path for path in inputs if path.exists()]
    for path in outputs:
        if not path.exists():
            continue
        if any(path.samefile(other) for other in kept):
            raise InputError(f"{path} is what is read; it would be lost. Choose another name to write to.")
        if path.is_dir():
            raise InputError(f"{path} is a folder. Choose another name.")
        if not overwrite:
            raise InputError(f"{path} is there already and may hold edits. Choose another name, or add --overwrite.")
