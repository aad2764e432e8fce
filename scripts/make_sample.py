"""Make the sample volume that ships with the project: simulated thighs, and where they come from.

Run: python scripts/make_sample.py DATA, with DATA the folder that holds limbs/.
"""

import json
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.anatomy import LEFT_OFFSET
from MuscleSegLib.simulation.limb_slices import read_limb_slices
from MuscleSegLib.simulation.volume import simulate_volume

SEED, SEQUENCE = 3, "t1"
SPACING_MM, WIDTH = 1.5, 144
#: From above the patella to the top of the adductor magnus, mm above the lowest slice of the female limbs.
HEIGHTS_MM = np.arange(440.0, 690.0, 10.0)
ATTRIBUTION = (
    "Simulated by MuscleSeg (simulation/volume.py) from the label maps of Andreassen et al., Three-dimensional lower "
    "extremity musculoskeletal geometry of the Visible Human Female and Male, Sci Data 10:34 (2023), "
    "doi 10.1038/s41597-022-01905-2, University of Denver, CC BY 4.0. Not a scan of a person. The limbs were also used "
    "to train the bundled models: this volume shows how the tool works, not how well."
)


def main(data: Path) -> None:
    """Write ``Resources/SampleData/thigh.nii.gz`` and ``thigh.json``."""
    names = ("VHF_Right", "VHF_Left")
    slices = read_limb_slices([data / "limbs" / f"{name}.nii.gz" for name in names], muscles_only=False)
    volume = simulate_volume(
        slices,
        *names,
        HEIGHTS_MM,
        spacing_mm=SPACING_MM,
        width=WIDTH,
        left_offset=LEFT_OFFSET,
        sequence=SEQUENCE,
        seed=SEED,
    )
    folder = Path(__file__).parents[1] / "Resources" / "SampleData"
    image = volume.image * (1000 / float(sitk.GetArrayViewFromImage(volume.image).max()))
    sitk.WriteImage(sitk.Cast(image, sitk.sitkUInt16), str(folder / "thigh.nii.gz"), useCompression=True)
    description = {"attribution": ATTRIBUTION, "sequence": SEQUENCE, "seed": SEED, "licence": "CC BY 4.0"}
    (folder / "thigh.json").write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
