"""The whole on a small sample: Slicer's core loads it, the networks segment it; files for Slicer and pictures stay."""

from collections.abc import Callable
from pathlib import Path

from MuscleSegLib.errors import MuscleSegError
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.segmentation import segment
from MuscleSegLib.segmentation.qc import write_montage
from MuscleSegLib.slicer.rendering import renderSegmentationFile
from MuscleSegLib.slicer.scene import CoreApplication, saveSegmentation
from MuscleSegLib.slicer.segmentations import segmentationNodeFromResult
from MuscleSegLib.slicer.volumes import imageFromVolumeNode

#: What part of the work is done when the volume is loaded and segmented, and when the files for Slicer are written.
_LOADED, _SEGMENTED, _SAVED = 0.05, 0.8, 0.85


def run_demo(output_dir: Path, progress: Progress = silent, *, report: Callable[[str], None] = print) -> list[Path]:
    """Segment the sample volume that ships with the project, as Slicer would, and say where to look.

    The sample is simulated by the project's own simulator, not a scan of a person.

    Args:
        output_dir: Where the files go; made when it is not there.
        progress: Told how far the work is; what it raises stops the work.
        report: Told at the end, in several lines, where to look.

    Returns:
        The files written: the segmentation (``.seg.nrrd``), a scene with the volume in it (``.mrb``), a montage of
        slices with contours and, where OpenGL is to be had, a picture in 3D (``.png``).

    Raises:
        MuscleSegError: As segmenting raises it, or a file could not be written.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    progress(0.0, "Loading the sample volume")
    core = CoreApplication.start()
    volumeNode = core.loadVolume(resources_dir() / "SampleData" / "thigh.nii.gz")

    def segmenting(fraction: float, message: str) -> None:
        progress(_LOADED + fraction * (_SEGMENTED - _LOADED), message)

    image = imageFromVolumeNode(volumeNode)
    result = segment(image, progress=segmenting)

    progress(_SEGMENTED, "Writing the files for Slicer")
    segmentation, scene, montage, picture = (
        output_dir / name for name in ("thigh.seg.nrrd", "thigh.mrb", "thigh-slices.png", "thigh-3d.png")
    )
    segmentationNode = segmentationNodeFromResult(result, volumeNode)
    saveSegmentation(segmentationNode, segmentation)
    core.saveScene(scene)

    progress(_SAVED, "Drawing pictures")
    write_montage(image, result, montage)
    written = [segmentation, scene, montage]
    remarks = [warning.text for warning in result.warnings]
    try:
        renderSegmentationFile(segmentation, picture)
        written.append(picture)
    except MuscleSegError as error:
        remarks.append(str(error))
    progress(1.0, "Done")
    report(_where_to_look(segmentationNode.GetSegmentation().GetNumberOfSegments(), written, remarks))
    return written


def _where_to_look(segments: int, written: list[Path], remarks: list[str]) -> str:
    explanations = {
        "thigh.seg.nrrd": "the segmentation; drop it on 3D Slicer",
        "thigh.mrb": "the same with the volume under it, as a Slicer scene",
        "thigh-slices.png": "slices with the outlines of the muscles",
        "thigh-3d.png": "the muscles in 3D",
    }
    lines = [f"The sample volume, which is simulated, has {segments} segments now. Where to look:"]
    lines += [f"  {path}  ({explanations[path.name]})" for path in written]
    lines += [f"Note: {remark}" for remark in remarks]
    return "\n".join(lines)
