"""Muscles of the lower limb, the label sets of the papers, and how one is made from another. Standard library only."""

from MuscleSegLib.anatomy.compounds import Compound, compounds, members_of
from MuscleSegLib.anatomy.label_sets import DEFAULT_SET, Label, LabelSet, label_set, label_set_names, label_set_of
from MuscleSegLib.anatomy.muscles import Kind, Muscle, Region, muscles
from MuscleSegLib.anatomy.naming import find_muscle
from MuscleSegLib.anatomy.sides import LEFT_OFFSET, Side, SidedLabel, sided_labels
from MuscleSegLib.anatomy.terminology import slicer_terminology

__all__ = [
    "DEFAULT_SET",
    "LEFT_OFFSET",
    "Compound",
    "Kind",
    "Label",
    "LabelSet",
    "Muscle",
    "Region",
    "Side",
    "SidedLabel",
    "compounds",
    "find_muscle",
    "label_set",
    "label_set_names",
    "label_set_of",
    "members_of",
    "muscles",
    "sided_labels",
    "slicer_terminology",
]
