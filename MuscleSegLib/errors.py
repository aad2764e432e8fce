"""What goes wrong, said to the person who can put it right.

Every error a user can cause is a :class:`MuscleSegError` whose text is one or two plain sentences:
what is wrong, and what to do. The doors show that text and nothing else (a dialog, or one line and
exit code 2); anything that is not a ``MuscleSegError`` is a fault of this program.
"""


class MuscleSegError(Exception):
    """Base of every error whose text is meant for the user."""


class InputError(MuscleSegError):
    """The image, folder or file that was given cannot be used."""


class EchoTimesMissing(InputError):
    """The echo times of a series are not known; the person who gave it can be asked.

    Attributes:
        echoes: How many there are.
    """

    def __init__(self, text: str, echoes: int) -> None:
        super().__init__(text)
        self.echoes = echoes


class LabelSetError(MuscleSegError):
    """A label set does not exist, or the model cannot tell its muscles apart."""


class ModelError(MuscleSegError):
    """A model folder is missing, incomplete, changed or not understood."""


class ConfigError(MuscleSegError):
    """A training configuration does not make sense."""


class Cancelled(MuscleSegError):
    """The user stopped the work; nothing was written."""
