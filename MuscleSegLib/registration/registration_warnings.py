"""What a person should look at after registering, in sentences."""

from collections.abc import Collection, Sequence

from MuscleSegLib.anatomy.sides import Side
from MuscleSegLib.registration.result import LimbRegistration

#: Between sequences of one examination a limb moves and bends less than this. Simulated patients that moved by 10 mm
#: and 5° had points that moved by up to 26 mm and bent by up to 1.3 mm; those of other bodies bent by 6 mm and more.
_MOVES_MM, _BENDS_MM = 40.0, 5.0
#: Outlines of the same limb in two contrasts overlap by more than this.
_OVERLAPS = 0.85


def warnings_of(limbs: Sequence[LimbRegistration], shown: Collection[Side], moving: str) -> tuple[str, ...]:
    """Sentences about the limbs that were registered.

    Args:
        limbs: Those limbs.
        shown: The sides that the fixed image shows.
        moving: What to call the moving image.
    """
    registered = {limb.side for limb in limbs}
    warnings = [
        f"There is no {side} limb in {moving}: it goes along with the other one."
        for side in ("right", "left")
        if side in shown and side not in registered
    ]
    for limb in limbs:
        warnings += _warnings_of_limb(limb)
    return tuple(warnings)


def _warnings_of_limb(limb: LimbRegistration) -> list[str]:
    name = f"{limb.side} limb"
    if limb.refused:
        return [
            f"Registering made the {name} lie worse, so it was left where the scanner says it is. Check that both "
            "images are of the same limb, or move one over the other first (in Slicer: Transforms)."
        ]
    warnings = []
    if limb.largest_displacement_mm > _MOVES_MM or limb.largest_deformation_mm > _BENDS_MM:
        warnings.append(
            f"The {name} had to be moved by up to {limb.largest_displacement_mm:.0f} mm and bent by up to "
            f"{limb.largest_deformation_mm:.0f} mm, which is much. Check that both images are of the same patient, "
            "and how they lie over one another."
        )
    if limb.after.overlap_dsc < _OVERLAPS:
        warnings.append(
            f"The outlines of the {name} in the two images overlap poorly (DSC {limb.after.overlap_dsc:.2f}). Check "
            "how they lie over one another."
        )
    return warnings
