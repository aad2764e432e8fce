"""Options that go with some of what a command can be asked for."""

from argparse import Namespace
from collections.abc import Mapping, Sequence

from MuscleSegLib.errors import InputError


def refuse_empty(text: str, after: str) -> None:
    """Refuse what was given without a letter: as a path it would be this folder, as a name or date it would be none.

    Args:
        text: What was given.
        after: What it follows, as it is written.

    Raises:
        InputError: It has no letter.
    """
    if not text.strip():
        raise InputError(f"Nothing is given after {after}. Was a variable not set? Give it, or leave that out.")


def refuse_foreign(arguments: Namespace, options: Mapping[str, Sequence[str]], chosen: str) -> None:
    """Refuse an option that what was chosen would pass over.

    Args:
        arguments: As they were parsed; what was not given is None or False.
        options: By each choice, as it is written, the options that only it takes.
        chosen: Which of the choices was made.

    Raises:
        InputError: An option of another choice was given.
    """
    for choice, own in options.items():
        for option in own:
            if choice != chosen and vars(arguments)[option.removeprefix("--").replace("-", "_")]:
                raise InputError(f"{option} goes with {choice}. Leave it out, or choose that.")
