"""Two images of the same limbs, laid over one another."""

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from threading import Event

import SimpleITK as sitk

from MuscleSegLib.errors import InputError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.registration.blending import LimbTransform, blend
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.limb_pairs import LimbPair, pair_limbs
from MuscleSegLib.registration.refinement import refine
from MuscleSegLib.registration.registration_warnings import warnings_of
from MuscleSegLib.registration.result import LimbRegistration, Registration, Stage
from MuscleSegLib.registration.threads import one_itk_thread

#: What part of the work is done when the limbs are found, and when they are registered.
_FOUND, _REGISTERED = 0.1, 0.95
#: Progress is told, and may stop the work, at least this often.
_PATIENCE_S = 0.5
_NAMES = ("the fixed image", "the moving image")


def register(
    fixed: sitk.Image,
    moving: sitk.Image,
    *,
    finest: Stage = "bspline",
    muscles: sitk.Image | None = None,
    names: tuple[str, str] = _NAMES,
    progress: Progress = silent,
) -> Registration:
    """Lay two images of the same limbs over one another, each limb on its own.

    From where the scanner says that they are: a rigid motion, then an affine transform, then a free-form deformation by
    B-splines, each by mutual information (Mattes 2001; Rueckert 1999) and kept only where it makes the limb lie better.
    The same images give the same transform. With the muscles of the moving image, a last step is found from them.

    Args:
        fixed: A 3D scalar image of one or two limbs. To carry labels of an anatomical image to a map, the map's.
        moving: Another, of any contrast and on any grid. Voxels without a number (NaN) are air.
        finest: How far to go.
        muscles: Label map of the moving image: a limb is moved by some 4 mm at most within the slices so that the fixed
            image shows its muscles best.
        names: What sentences are to call the images.
        progress: Told how far the work is; what it raises stops the work.

    Returns:
        The transform from fixed to moving points, how good it is limb by limb, and what to look at.

    Raises:
        InputError: An image cannot be used, or they show no limb in common.
        Cancelled: ``progress`` raised it.

    Example:
        >>> result = register(t2_map_source, t1_image)
        >>> labels_in_map = move_labels(t1_labels, t2_map_source, result.transform)
    """
    with one_itk_thread():
        progress(0.0, "Finding the limbs in both images")
        fixed_body, moving_body = (find_body(*one) for one in zip((fixed, moving), names, strict=True))
        pairs = pair_limbs(fixed_body, moving_body)
        if not pairs:
            raise InputError(
                f"There is no limb that both {names[0]} and {names[1]} show: by their positions in the scanner they do "
                "not overlap, or hardly. Check that both are of the same patient and session, or move one over the "
                "other (in Slicer: Transforms)."
            )
        found = _refine_all(pairs, finest, muscles, progress)
        progress(_REGISTERED, "Combining the limbs")
        limbs = tuple(limb for _, limb in found)
        if all(limb.stage == "scanner" and limb.settled_mm == 0 for limb in limbs):
            transform = sitk.Transform()
        else:
            transform = blend([transform for transform, _ in found], fixed_body.image)
        progress(1.0, "Done")
        return Registration(transform, limbs, warnings_of(limbs, set(fixed_body.territories), names[1]))


#: Lay two images over one another by a rigid motion of each limb; see :func:`register`.
register_rigid = partial(register, finest="rigid")


def _refine_all(
    pairs: Sequence[LimbPair], finest: Stage, muscles: sitk.Image | None, progress: Progress
) -> list[tuple[LimbTransform, LimbRegistration]]:
    """The limbs side by side; ITK and PyTorch let other threads of Python run while they work."""
    stop = Event()
    with ThreadPoolExecutor(len(pairs)) as pool:
        futures = [pool.submit(refine, pair, finest, muscles, stop.is_set) for pair in pairs]
        try:
            waiting = set(futures)
            while waiting:
                done = len(futures) - len(waiting)
                progress(_FOUND + done / len(futures) * (_REGISTERED - _FOUND), "Registering each limb")
                _, waiting = wait(waiting, timeout=_PATIENCE_S, return_when=FIRST_COMPLETED)
        except BaseException:
            stop.set()
            raise
    return [future.result() for future in futures]
