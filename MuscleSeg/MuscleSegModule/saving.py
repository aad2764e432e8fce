"""Measures saved: as tables, or as reports and DICOM results that child processes make."""

from pathlib import Path

from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegModule.changes import earlierVisitsOf, retestPath
from MuscleSegModule.error_dialogs import detailsOf
from MuscleSegModule.job import Job
from MuscleSegModule.measure_nodes import labelsOf, measurementsOf, segmentationsOf, segmentedVolumeOf
from MuscleSegModule.run_folder import runFolder

#: Tables, by the ending of the file; all others are reports.
TABLES = (".csv", ".json")


class Saving:
    """Saves any number of tables and reports at a time."""

    def __init__(self):
        self._jobs = set()

    def save(self, tableNode, path, *, series="", onFinished, onFailed):
        """Save measures over what is there.

        Args:
            tableNode: A table that was made here.
            path: The file: ``.csv`` with the profiles beside it, ``.json`` with everything; or a report, ``.html`` or
                ``.pdf``; or the folder of DICOM results.
            series: The DICOM series that was segmented, as ``muscleseg`` takes it; for DICOM results only.
            onFinished: Called with the path.
            onFailed: Called with a sentence and details.

        Raises:
            MuscleSegError: The table was not made here, or it cannot be written.
        """
        if path.suffix in TABLES:
            from MuscleSegLib.biomarkers.measurement_files import write_measurements

            write_measurements(measurementsOf(tableNode), path)
            onFinished(path)
            return
        directory = runFolder()

        def ended(outcome):
            directory.cleanup()
            self._jobs.discard(job)
            if outcome.state == "done":
                onFinished(path)
            else:
                onFailed(outcome.text, detailsOf(outcome))

        job = Job(_reportCommand(tableNode, path, series, Path(directory.name)), onEnd=ended)
        self._jobs.add(job)
        job.start()

    def abandon(self):
        """Stop at once and call nothing any more: the scene, or the panel, goes away."""
        for job in self._jobs:
            job.close()
        self._jobs.clear()


def _reportCommand(tableNode, path, series, folder):
    """``muscleseg report`` with what it needs, in a folder; with pictures, where what was measured is still there."""
    command = ["report", str(_written(tableNode, folder / "measures.json"))]
    command += ["--dicom" if series else "--output", str(path), "--overwrite"]
    volumeNode = segmentedVolumeOf(tableNode)
    if volumeNode is not None:
        from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume

        write_labelled_volume(labelsOf(segmentationsOf(tableNode)), folder / "muscles.seg.nrrd", {})
        if not series:
            writeVolumeNode(volumeNode, folder / "image.nrrd")
        command += ["--segmentation", str(folder / "muscles.seg.nrrd")]
        command += ["--image", series or str(folder / "image.nrrd")]
    earlier = earlierVisitsOf(tableNode)
    for number, node in enumerate(earlier, start=1):
        command += ["--since", str(_written(node, folder / f"earlier-{number}.json"))]
    if earlier and retestPath() is not None:
        command += ["--retest", str(retestPath())]
    return command


def _written(tableNode, path):
    path.write_text(measurementsOf(tableNode).to_json(), encoding="utf-8")
    return path
