"""Two images of the same limbs laid over one another: a transform for each limb, combined in one, and its quality.

Transforms are SimpleITK's: they map points of the fixed image to points of the moving image, LPS, mm. To carry labels
of an anatomical image to a map, the map is the fixed image.
"""

from MuscleSegLib.registration.label_interpolation import move_labels
from MuscleSegLib.registration.register import register, register_rigid
from MuscleSegLib.registration.result import LimbRegistration, Quality, Registration, Stage
from MuscleSegLib.registration.transform_files import read_transform, write_transform

__all__ = [
    "LimbRegistration",
    "Quality",
    "Registration",
    "Stage",
    "move_labels",
    "read_transform",
    "register",
    "register_rigid",
    "write_transform",
]
