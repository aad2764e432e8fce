"""Labels of a few slices, drawn or corrected, carried to the other slices, the other side, and other scans."""

from MuscleSegLib.propagation.key_slices import KeySlices, drawn_slices, edited_slices, joined
from MuscleSegLib.propagation.motion import SliceMotion
from MuscleSegLib.propagation.propagate import propagate, slice_motion_of
from MuscleSegLib.propagation.result import Propagation

__all__ = [
    "KeySlices",
    "Propagation",
    "SliceMotion",
    "drawn_slices",
    "edited_slices",
    "joined",
    "propagate",
    "slice_motion_of",
]
