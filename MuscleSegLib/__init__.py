"""MuscleSeg: the individual muscles of thigh and leg in MRI, segmented, corrected and measured."""

__version__ = "0.1.0"
