"""Files that are either complete or not there, one by one or together."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from uuid import uuid4

from MuscleSegLib.errors import InputError

#: How SimpleITK says that it cannot write, as it says everything: by a RuntimeError.
_OF_ITK = "Exception thrown in SimpleITK"
#: A temporary name ends in as many letters of the name as the longest ending has that tells a writer the format.
_ENDING = len(".seg.nrrd")
#: Files by where they are written, with the names that they will have.
_Files = list[tuple[Path, Path]]
#: The finished files that wait for the others of :func:`written_together`.
_waiting: ContextVar[_Files | None] = ContextVar("waiting", default=None)


def check_folder(path: Path) -> None:
    """Make sure that the folder can hold the file ``path`` that will be written: worth asking before the long work.

    Raises:
        InputError: The folder is not there, nothing may be written in it, or the name cannot be one of a file in it.
    """
    folder = path.parent.absolute()
    if not folder.is_dir():
        raise InputError(f"The folder {folder} does not exist. Make it first, or give another.")
    if not os.access(folder, os.W_OK):
        raise InputError(f"Nothing may be written in the folder {folder}. Give another, or change its rights.")
    try:
        path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(f"A file cannot be named {path.name} ({error.strerror}). Choose another name.") from error


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path``, with the same ending, whose file takes that name when the block ends well.

    Whatever stops the block, ``KeyboardInterrupt`` included, leaves nothing behind, and an older file as it was. Within
    :func:`written_together`, the file takes its name when that block ends.

    Yields:
        Where to write.

    Raises:
        InputError: It could not be written.
    """
    # Short, whatever the length of the name, and in letters that ITK knows on Windows.
    ending = "".join(letter if letter.isascii() else "_" for letter in path.name[-_ENDING:])
    temporary = path.with_name(f".{uuid4().hex[:8]}-{ending}")
    with _named_at_end() as finished:
        finished.append((temporary, path))
        with _failure_said(path):
            yield temporary


@contextmanager
def written_together() -> Iterator[None]:
    """All files that :func:`written_atomically` writes in the block take their names when it ends well, or none does.

    Within another such block, they wait for all of that.

    Raises:
        InputError: One could not be written.
    """
    with _named_at_end() as finished:
        before = _waiting.set(finished)
        try:
            yield
        finally:
            _waiting.reset(before)


@contextmanager
def _named_at_end() -> Iterator[_Files]:
    """Files that take their names when the block ends well, or with those of the block of written_together around.

    Yields:
        Where to add the files, each when it is begun.
    """
    files: _Files = []
    try:
        yield files
        if (around := _waiting.get()) is not None:
            around += files
            return
        for _, path in files:  # before the first is named: another may be open in a spreadsheet, which keeps it
            _check_replaceable(path)
        for temporary, path in files:
            with _failure_said(path):
                temporary.replace(path)
    except BaseException:
        for temporary, _ in files:
            with suppress(OSError):  # what stopped the writing is what is to be said
                temporary.unlink(missing_ok=True)
        raise


def _check_replaceable(path: Path) -> None:
    with _failure_said(path), suppress(FileNotFoundError):
        path.open("r+b").close()


@contextmanager
def _failure_said(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) or _OF_ITK in str(error):
            raise InputError(
                f"{path} could not be written. Is there space, and may you write in {path.parent}?"
            ) from error
        raise
