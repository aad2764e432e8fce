"""Paths as ITK can open them."""

import os
import sys
from pathlib import Path

from MuscleSegLib.errors import InputError

#: How Windows numbers the code page of UTF-8.
_UTF8 = 65001
#: No path of Windows is longer.
_LONGEST = 32768


def itk_path(path: str | Path) -> str:
    """``path`` in letters by which ITK finds it.

    ITK takes the bytes of a path for letters of the process's code page. On Windows that is UTF-8 only in programs that
    ask for it, as Slicer does and Python does not: ITK would not find a folder named Jörg. Windows keeps a short name
    without such letters beside the long one (ITK issue 6739, SimpleITK issue 651). That of a file would not do: its
    ending, by which ITK knows the format, is cut to three letters.

    Args:
        path: Of a folder that is there, or of a file in it, which may be still to be written.

    Raises:
        InputError: The name of the file has such letters, or the drive keeps no short names of folders.
    """
    text = os.fspath(path)
    if text.isascii() or _code_page() == _UTF8:
        return text
    given = Path(text)
    short = _short_name(given) if given.is_dir() else str(Path(_short_name(given.parent), given.name))
    if not short.isascii():
        raise InputError(
            f"{text} cannot be opened on Windows, because of letters other than a to z in its path. Give the file a "
            "name without, or use a folder without, e.g. C:\\scans."
        )
    return short


def _code_page() -> int:
    """In which letters this process tells Windows paths."""
    if sys.platform == "win32":
        import ctypes

        return int(ctypes.windll.kernel32.GetACP())
    return _UTF8


def _short_name(path: Path) -> str:
    """The path of a folder in the short names that Windows keeps of all folders; as it is where there are none."""
    if sys.platform == "win32":
        import ctypes

        buffer = ctypes.create_unicode_buffer(_LONGEST)
        if ctypes.windll.kernel32.GetShortPathNameW(str(path), buffer, _LONGEST):
            return buffer.value
    return str(path)
