"""Registrations that a test says how they ended."""

import json
from pathlib import Path

import SimpleITK as sitk

from MuscleSegLib.registration import write_transform


def shift(left_mm: float) -> sitk.Transform:
    """The segmented volume lies this much too far to the patient's left of the map (LPS: at larger x)."""
    transform = sitk.TranslationTransform(3)
    transform.SetOffset((left_mm, 0.0, 0.0))
    return transform


def end_registration(job, transform=None, warnings=()):
    """Write what ``muscleseg register`` writes, and end well."""
    output = Path(job.argument("--output"))
    write_transform(transform or shift(0.0), output)
    limb = {
        "side": "right",
        "stage": "rigid",
        "refused": False,
        "before": {"overlap_dsc": 0.88, "mutual_information": 0.4},
        "after": {"overlap_dsc": 0.97, "mutual_information": 0.6},
        "largest_displacement_mm": 6.2,
        "largest_deformation_mm": 0.4,
    }
    output.with_suffix(".json").write_text(json.dumps({"limbs": [limb], "warnings": list(warnings)}), encoding="utf-8")
    job.end("done")
