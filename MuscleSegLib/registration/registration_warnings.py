"""What a person should look at after registering, in sentences."""

from collections.abc import Sequence

from MuscleSegLib.anatomy.sides import Side
from MuscleSegLib.registration.result import LimbRegistration


def warnings_of(limbs: Sequence[LimbRegistration], shown: set[Side]) -> tuple[str, ...]:
    return ()
