"""The sample volume in Slicer's Sample Data module: it comes with the extension, nothing is downloaded."""

import hashlib
from pathlib import Path

from slicer.i18n import tr as _

from MuscleSegLib.resources import resources_dir


def registerSampleData():
    """Add the sample to the Sample Data module; Slicer calls this when all modules are loaded."""
    # Imported here: it is a module of Slicer, and loaded like this one.
    import SampleData

    volume = resources_dir() / "SampleData" / "thigh.nii.gz"
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=_("MuscleSeg"),
        sampleName="MuscleSegThigh",
        uris=volume.as_uri(),
        fileNames="MuscleSeg-thigh.nii.gz",
        nodeNames="Thigh",
        thumbnailFileName=str(Path(__file__).parents[1] / "Resources" / "Icons" / "MuscleSegThigh.png"),
        # Slicer keeps a copy; a sample that changed with the extension must not be taken from there.
        checksums=f"SHA256:{hashlib.sha256(volume.read_bytes()).hexdigest()}",
    )
