"""Whether muscles lie in the limb that their names say, by right and left of the image's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from MuscleSegLib.segmentation.grids import index_to_lps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from MuscleSegLib.biomarkers.rows import Row
    from MuscleSegLib.biomarkers.voxels import LabelledVoxels

#: What lies less far on the other side may be there: limbs are neither quite straight nor quite alike.
_CLEARLY_MM = 20.0


def remarks_of_sides(rows: Sequence[Row], voxels: LabelledVoxels) -> list[str]:
    """What to say of sides that contradict where muscles lie; nothing of a single side, which the place does not tell.

    Args:
        rows: What is measured, see :class:`MuscleSegLib.biomarkers.rows.Arrangement`.
        voxels: Of its labels, each of which has some.
    """
    muscles = [row for row in rows if row.kind == "muscle"]
    right, left = ([row for row in muscles if row.side == side] for side in ("right", "left"))
    if not right or not left:
        return []
    x = _leftward_mm(voxels)
    of_right, of_left = (x[[row.first for row in named]] for named in (right, left))
    if of_right.min() - of_left.max() > _CLEARLY_MM:
        return [
            "All muscles named right lie to the left of those named left. Check the sides, or the image's right and "
            "left."
        ]
    # As many muscles lie to the right of it as are named right: whichever names are swapped, it is between the limbs.
    middle = np.sort(np.concatenate([of_right, of_left]))[len(right) - 1 : len(right) + 1].mean()
    beyond = np.concatenate([of_right - middle, middle - of_left])
    wrong = [row.title for row, mm in zip([*right, *left], beyond, strict=True) if mm > _CLEARLY_MM]
    if not wrong:
        return []
    return [
        f"In the other limb than the name says: {', '.join(wrong)}. Check the sides, or the image's right and left."
    ]


def _leftward_mm(voxels: LabelledVoxels) -> NDArray[np.float64]:
    """Of each label, how far to the patient's left its centre of mass lies: x of LPS."""
    columns, rows, _ = voxels.grid.GetSize()
    # What places, lines and slices add up to tells what indices do: going through all indices takes twice as long.
    places, lines, slices = (
        np.add.reduceat(voxels.places // size, voxels.bounds[:-1]) for size in (1, columns, columns * rows)
    )
    sums = np.stack([places - columns * lines, lines - rows * slices, slices])
    *steps, origin = index_to_lps(voxels.grid)[0]
    leftward: NDArray[np.float64] = origin + steps @ sums / voxels.counts
    return leftward
