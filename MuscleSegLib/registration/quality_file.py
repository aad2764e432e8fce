"""How a registration went, as a file beside its transform."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from MuscleSegLib import __version__
from MuscleSegLib.atomic import written_atomically
from MuscleSegLib.registration.result import Registration


def quality_path(transform_path: Path) -> Path:
    """The file beside a transform that says how good it is: the same name, ending in ``.json``."""
    return transform_path.parent / f"{transform_path.stem}.json"


def read_quality(transform_path: Path) -> dict[str, Any] | None:
    """What :func:`write_quality` wrote beside a transform; None when nothing of it is there."""
    try:
        described = json.loads(quality_path(transform_path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(described, dict) or not isinstance(described.get("limbs"), list):
        return None
    warnings = described.get("warnings")
    told = isinstance(warnings, list) and all(isinstance(text, str) for text in warnings)
    return described if told else None


def write_quality(registration: Registration, inputs: Mapping[str, str], path: Path) -> None:
    """Write what is known of each limb, the warnings and the inputs as JSON.

    Args:
        registration: What to describe.
        inputs: The names of the files, by their role: ``fixed``, ``moving``.
        path: Where to write. It appears when it is complete.
    """
    described: dict[str, Any] = {
        "version": __version__,
        "inputs": dict(inputs),
        "transform": "from points of the fixed image to points of the moving image, LPS, mm",
        "refused": registration.refused,
        "limbs": [
            {
                "side": limb.side,
                "stage": limb.stage,
                "refused": limb.refused,
                "before": asdict(limb.before),
                "after": asdict(limb.after),
                "largest_displacement_mm": limb.largest_displacement_mm,
                "largest_deformation_mm": limb.largest_deformation_mm,
                "settled_mm": limb.settled_mm,
            }
            for limb in registration.limbs
        ],
        "warnings": list(registration.warnings),
        "notice": "For research; not for diagnostic use.",
    }
    with written_atomically(path) as unfinished:
        unfinished.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
