"""The callback that long work reports to, and that can stop it."""

from collections.abc import Callable

#: ``progress(fraction, message)`` with fraction from 0 to 1. It stops the work by raising
#: :class:`MuscleSegLib.errors.Cancelled` (or ``KeyboardInterrupt``).
Progress = Callable[[float, str], None]


def silent(fraction: float, message: str) -> None:
    """A progress callback that says nothing."""
