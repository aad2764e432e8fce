"""Measures of muscles from label maps and parameter maps, and how they change."""

from MuscleSegLib.biomarkers.mapped_labels import Exclusion, MappedLabels, map_labels, map_labels_to_each
from MuscleSegLib.biomarkers.measurements import Measurements
from MuscleSegLib.biomarkers.measures import measure

__all__ = ["Exclusion", "MappedLabels", "Measurements", "map_labels", "map_labels_to_each", "measure"]
