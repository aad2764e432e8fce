"""Two images of the same limbs, laid over one another."""

from concurrent.futures import ThreadPoolExecutor

import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.registration.blending import blend
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.limb_pairs import LimbPair, pair_limbs
from MuscleSegLib.registration.quality import measure_quality
from MuscleSegLib.registration.result import LimbRegistration, Registration, Stage
from MuscleSegLib.registration.stages import find_rigid


def register(
    fixed: sitk.Image, moving: sitk.Image, *, finest: Stage = "bspline", progress: Progress = silent
) -> Registration:
    """Lay two images of the same limbs over one another, each limb on its own.

    Args:
        fixed: A 3D scalar image of one or two limbs. To carry labels of an anatomical image to a map, the map's.
        moving: Another, of any contrast and on any grid.
        finest: How far to go: ``rigid``, ``affine`` or ``bspline``.
        progress: Told how far the work is; what it raises stops the work.

    Returns:
        The transform from fixed to moving points, and how good it is.

    Raises:
        InputError: An image cannot be used, or they show no limb in common.
        Cancelled: ``progress`` raised it.
    """
    progress(0.0, "Finding the limbs in both images")
    pairs = pair_limbs(find_body(fixed), find_body(moving))
    if not pairs:
        raise InputError(
            "The two images show no limb in common: by their positions in the scanner they do not overlap. Check that "
            "both are of the same patient and session, or lay one over the other first (in Slicer: Transforms)."
        )
    progress(0.1, "Registering")
    with ThreadPoolExecutor(len(pairs)) as pool:
        limbs = tuple(pool.map(_register_limb, pairs))
    progress(1.0, "Done")
    return Registration(blend([limb.transform for limb in limbs]), limbs)


def register_rigid(fixed: sitk.Image, moving: sitk.Image, *, progress: Progress = silent) -> Registration:
    """Lay two images over one another by a rigid motion of each limb; see :func:`register`."""
    return register(fixed, moving, finest="rigid", progress=progress)


def _register_limb(pair: LimbPair) -> LimbRegistration:
    start = sitk.Transform()
    found = find_rigid(pair, start)
    return LimbRegistration(pair.side, "rigid", found, measure_quality(pair, start), measure_quality(pair, found), 0.0)
