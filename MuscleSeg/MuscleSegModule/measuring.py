"""Results measured in maps by child processes, kept in the scene as tables, and reported."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError, MuscleSegError
from MuscleSegLib.slicer.exchange import writeVolumeNode
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.results import volumeOf
from MuscleSegModule.error_dialogs import detailsOf
from MuscleSegModule.job import Job
from MuscleSegModule.job_chain import JobChain
from MuscleSegModule.measure_run import MeasureRun

#: What a table of measures refers to: all measures as JSON, what was measured, its chart, and the table of that.
_MEASURES, _SEGMENTATION = "MuscleSeg.Measures", "MuscleSeg.Segmentation"
_CHART, _PROFILE = "MuscleSeg.Chart", "MuscleSeg.Profile"
#: What the chart shows, the first that was measured.
_CHARTED = ("ff_mean_percent", "t2_mean_ms", "mtr_mean_percent", "area_mm2")


class Measuring:
    """Measures one result at a time."""

    def __init__(self):
        self._job = None
        self._run = None
        self._reports = set()

    @property
    def running(self):
        """Whether a result is being measured."""
        return self._job is not None

    def start(self, nodes, sources, erosionMm, *, onProgress, onFinished, onFailed, onCancelled):
        """Start measuring the result that these nodes show; the scene is touched when all is measured, not before.

        Args:
            nodes: The segmentation nodes, as they are now.
            sources: What the maps are made of (:class:`~MuscleSegModule.measure_run.Sources`).
            erosionMm: How far from the border of a muscle its values are taken.
            onProgress: Called with a fraction from 0 to 1 and a message.
            onFinished: Called with the table node.
            onFailed: Called with a sentence and details.
            onCancelled: Called when :meth:`cancel` stopped it.

        Raises:
            MuscleSegError: There is nothing to measure, or something is being measured.
        """
        if self.running:
            raise InputError(_("A result is being measured already. Wait for it, or cancel it."))
        nodeIds = [node.GetID() for node in nodes]
        warnings = []
        run = MeasureRun(
            lambda path: writeLabels(nodes, path), _volume(nodes), sources, erosionMm, slicer.app.temporaryPath
        )

        def ended(outcome):
            tableNode = None
            try:
                if outcome.state == "done":
                    tableNode = _addMeasures(run.measures, nodeIds)
            except MuscleSegError as error:
                outcome = replace(outcome, state="failed", text=str(error))
            finally:
                self._end()
            if outcome.state == "done":
                onFinished(tableNode)
            elif outcome.state == "cancelled":
                onCancelled()
            else:
                onFailed(outcome.text, detailsOf(outcome))

        self._run = run
        self._job = JobChain(run.commands, onEnd=ended, onProgress=onProgress, onWarning=warnings.append)
        self._job.start()

    def cancel(self):
        """Stop measuring at once; the scene is as it was. Without effect when nothing is measured."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self):
        """Stop all that runs at once and call nothing any more: the scene, or the panel, goes away."""
        if self._job is not None:
            self._job.close()
            self._end()
        for report in list(self._reports):
            report.close()
        self._reports.clear()

    def save(self, tableNode, path, *, onFinished, onFailed):
        """Save measures over what is there: ``.csv`` with the profiles beside it; or a report, ``.html`` or ``.pdf``.

        Args:
            tableNode: A table that was made here.
            path: The file.
            onFinished: Called with the path.
            onFailed: Called with a sentence and details.

        Raises:
            MuscleSegError: The table was not made here, or it cannot be written.
        """
        if path.suffix == ".csv":
            from MuscleSegLib.biomarkers.measurement_files import write_measurements

            write_measurements(measurementsOf(tableNode), path)
            onFinished(path)
            return
        directory = TemporaryDirectory(prefix="muscleseg-", dir=slicer.app.temporaryPath)

        def ended(outcome):
            directory.cleanup()
            self._reports.discard(job)
            if outcome.state == "done":
                onFinished(path)
            else:
                onFailed(outcome.text, detailsOf(outcome))

        job = Job(_reportCommand(tableNode, path, Path(directory.name)), onEnd=ended)
        self._reports.add(job)
        job.start()

    def _end(self):
        self._run.close()
        self._run = self._job = None


def measurementsOf(tableNode):
    """The measures behind a table.

    Raises:
        InputError: The table was not made here.
    """
    from MuscleSegLib.biomarkers.measurements import Measurements

    textNode = tableNode.GetNodeReference(_MEASURES)
    if textNode is None:
        raise InputError(_("This table was not made by MuscleSeg. Measure again, then save."))
    return Measurements.from_json(textNode.GetText())


def chartOf(tableNode):
    """The chart that goes with a table; None when it was removed."""
    return tableNode.GetNodeReference(_CHART)


def writeLabels(nodes, path):
    """Write the muscles of a result as they are now."""
    from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume

    write_labelled_volume(labelledVolumeFromSegmentationNodes(nodes, _volume(nodes)), path, {})


def _volume(nodes):
    volumeNode = volumeOf(nodes[0])
    if volumeNode is None:
        raise InputError(_("The volume that was segmented is not in the scene any more, so nothing can be measured."))
    return volumeNode


def _addMeasures(path, nodeIds):
    """Put what was measured into the scene: the table, a chart, and all of it as text, which a report is made of."""
    from MuscleSegLib.biomarkers.measurement_files import read_measurements
    from MuscleSegLib.slicer.profile_charts import profileMeasures, updateProfileChart
    from MuscleSegLib.slicer.tables import updateTableNode

    scene = slicer.mrmlScene
    nodes = [node for node in map(scene.GetNodeByID, nodeIds) if node is not None]
    if not nodes:
        raise InputError(_("The segmentation was removed while it was measured, so the measures were not kept."))
    measurements = read_measurements(path)
    tableNode = _add("vtkMRMLTableNode", _("Muscle measures"))
    profileNode = _add("vtkMRMLTableNode", _("Muscle profiles"))
    chartNode = _add("vtkMRMLPlotChartNode", _("Muscles along the limb"))
    textNode = _add("vtkMRMLTextNode", _("Muscle measures, all"))
    textNode.SetText(measurements.to_json())
    updateTableNode(tableNode, measurements)
    charted = next(name for name in _CHARTED if name in profileMeasures(measurements))
    labels = labelledVolumeFromSegmentationNodes(nodes, _volume(nodes))
    updateProfileChart(chartNode, profileNode, measurements, labels, charted)
    for role, node in ((_MEASURES, textNode), (_PROFILE, profileNode), (_CHART, chartNode)):
        tableNode.SetNodeReferenceID(role, node.GetID())
    for node in nodes:
        tableNode.AddNodeReferenceID(_SEGMENTATION, node.GetID())
    return tableNode


def _add(className, name):
    return slicer.mrmlScene.AddNewNodeByClass(className, slicer.mrmlScene.GenerateUniqueName(name))


def _reportCommand(tableNode, path, folder):
    """``muscleseg report`` with what it needs, in a folder; with pictures, where what was measured is still there."""
    measures = folder / "measures.json"
    measures.write_text(measurementsOf(tableNode).to_json(), encoding="utf-8")
    command = ["report", str(measures), "--output", str(path), "--overwrite"]
    count = tableNode.GetNumberOfNodeReferences(_SEGMENTATION)
    nodes = [tableNode.GetNthNodeReference(_SEGMENTATION, index) for index in range(count)]
    nodes = [node for node in nodes if node is not None]
    if nodes and volumeOf(nodes[0]) is not None:
        writeLabels(nodes, folder / "muscles.seg.nrrd")
        writeVolumeNode(volumeOf(nodes[0]), folder / "image.nrrd")
        command += ["--segmentation", str(folder / "muscles.seg.nrrd"), "--image", str(folder / "image.nrrd")]
    return command
