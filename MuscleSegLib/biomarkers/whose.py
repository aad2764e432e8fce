"""Whose measures they are, and of when: what tables say of patient and visit, to people and to other programs."""

from datetime import date

from MuscleSegLib.errors import InputError

#: What R, pandas and spreadsheets read as no value at all.
_READ_AS_MISSING = frozenset(
    ("na", "n/a", "#na", "#n/a", "#n/a n/a", "<na>", "nan", "null", "none", "1.#ind", "1.#qnan")
)
#: What a spreadsheet takes the rest of a cell for a formula after.
_BEGINNINGS_OF_FORMULAS = ("=", "+", "-", "@")


def check_whose(pseudonym: str, scan_date: str) -> None:
    """Refuse what a table would not give back as it was written.

    Args:
        pseudonym: How the patient is called; empty when that is not said.
        scan_date: When the patient was scanned; empty when that is not known.

    Raises:
        InputError: The pseudonym is more than a line, a formula to spreadsheets, or a missing value to programs; or
            the date is none.
    """
    if pseudonym != pseudonym.strip() or not pseudonym.isprintable():
        raise InputError(
            f"{pseudonym!r} cannot be a pseudonym: it begins or ends in a space, or has a letter that is not printed. "
            "Leave that out."
        )
    if pseudonym.startswith(_BEGINNINGS_OF_FORMULAS):
        raise InputError(
            f"'{pseudonym}' cannot be a pseudonym: spreadsheets take what begins with {pseudonym[0]} for a formula. "
            "Begin it with a letter or a digit."
        )
    if pseudonym.lower() in _READ_AS_MISSING:
        raise InputError(f"'{pseudonym}' cannot be a pseudonym: other programs read it as none. Choose another.")
    if scan_date and not is_date(scan_date):
        raise InputError(f"'{scan_date}' is no date. Write it as year-month-day, e.g. 2024-05-31.")


def is_date(text: str) -> bool:
    """Whether a text is a date as year-month-day: the one form whose order is that of time."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
