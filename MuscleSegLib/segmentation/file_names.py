"""Names of files that ITK can open."""

from pathlib import Path

from MuscleSegLib.errors import InputError


def check_file_name(path: str | Path) -> None:
    """Refuse a name that is not in UTF-8, as old systems wrote umlauts: SimpleITK would end the whole process.

    Raises:
        InputError: It is none; the text shows the bytes that are not.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        readable = str(path).encode(errors="backslashreplace").decode()
        raise InputError(
            f"The name {readable} is not in UTF-8, so it cannot be opened. Rename it, without umlauts or accents."
        ) from error
