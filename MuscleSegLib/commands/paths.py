"""The paths that a command is given to write to."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from MuscleSegLib.atomic import check_folder
from MuscleSegLib.errors import InputError


def check_free(outputs: Iterable[Path | None], *, overwrite: bool, inputs: Iterable[str | Path | None]) -> None:
    """Refuse to write where something is, or nothing can be: worth asking before the long work.

    Args:
        outputs: All files that the command will write; None for one that was not asked for.
        overwrite: Whether a file that is there may be replaced.
        inputs: What the command reads, which is never replaced: as it was given (``FILE#2`` is a frame of FILE), None
            for what was not.

    Raises:
        InputError: A file is there, and may not be replaced; one is to be written twice, or could not be read again; a
            folder is not there.
    """
    from MuscleSegLib.segmentation.image_reading import split_choice
    from MuscleSegLib.segmentation.nifti_files import check_not_hidden

    read = [split_choice(str(given))[0] for given in inputs if given]
    kept = [path for path in read if path.exists()]
    named = [path for path in outputs if path is not None]
    if twice := [path for path, times in Counter(path.resolve() for path in named).items() if times > 1]:
        raise InputError(f"Two results are to be written as {twice[0].name}. Give each a name of its own.")
    for path in named:
        check_folder(path)
        check_not_hidden(path)
        if not path.exists():
            continue
        if any(path.samefile(other) for other in kept):
            raise InputError(f"{path} is what is read; it would be lost. Choose another name to write to.")
        if path.is_dir():
            raise InputError(f"{path} is a folder. Choose another name.")
        if not overwrite:
            raise InputError(f"{path} is there already and may hold edits. Choose another name, or add --overwrite.")


def check_given_once(inputs: Iterable[str | Path], what: str) -> None:
    """Refuse a file that is given twice where each is to be of its own: it would be compared with itself.

    Args:
        inputs: The files.
        what: What each is to be of, as an error calls it.

    Raises:
        InputError: One is there twice.
    """
    times = Counter(Path(path).resolve() for path in inputs)
    if twice := [path for path, count in times.items() if count > 1]:
        raise InputError(f"{twice[0].name} is given twice. Give a file of its own for each {what}.")
