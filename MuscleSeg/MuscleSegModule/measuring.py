"""Results measured in maps by child processes, and kept in the scene as tables."""

from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegModule.job_chain import JobChain
from MuscleSegModule.job_end import atEnd
from MuscleSegModule.measure_nodes import (
    addMeasures,
    labelsOf,
    measurementsOf,
    segmentationsOf,
    sourcesOf,
    volumeOfResult,
)
from MuscleSegModule.measure_run import MeasureRun


class Measuring:
    """Measures one result at a time."""

    def __init__(self):
        self._job = None
        self._run = None

    @property
    def running(self):
        """Whether a result is being measured."""
        return self._job is not None

    def start(
        self, nodes, sources, erosionMm, *, pseudonym="", scanDate="", onProgress, onFinished, onFailed, onCancelled
    ):
        """Start measuring the result that these nodes show; the scene is touched when all is measured, not before.

        Args:
            nodes: The segmentation nodes, as they are now.
            sources: What the maps are made of (:class:`~MuscleSegModule.measure_run.Sources`).
            erosionMm: How far from the border of a muscle its values are taken.
            pseudonym: How to call the patient.
            scanDate: When the patient was scanned (ISO); empty when it is not known.
            onProgress: Called with a fraction from 0 to 1 and a message.
            onFinished: Called with the table node: the one that there was of these segmentations, else a new one.
            onFailed: Called with a sentence and details.
            onCancelled: Called when :meth:`cancel` stopped it.

        Raises:
            MuscleSegError: There is nothing to measure, something is being measured, or the pseudonym cannot stand in
                a table.
        """
        from MuscleSegLib.biomarkers.whose import check_whose  # The room needs packages that are there by now.

        if self.running:
            raise InputError(_("A result is being measured already. Wait for it, or cancel it."))
        check_whose(pseudonym, scanDate)
        nodeIds = [node.GetID() for node in nodes]
        labels = labelsOf(nodes)
        # Not said to the process, whose log is passed on: a person may type in anything.
        whose = {"pseudonym": pseudonym, "scan_date": scanDate}
        run = MeasureRun(labels, volumeOfResult(nodes), sources, erosionMm)
        ended = atEnd(
            lambda: addMeasures(run, nodeIds, labels, whose),
            self._end,
            onTaken=onFinished,
            onFailed=onFailed,
            onCancelled=onCancelled,
        )
        self._run = run
        self._job = JobChain(run.commands, onEnd=ended, onProgress=onProgress)
        self._job.start()

    def startAgain(self, tableNode, **handlers):
        """Start measuring what a table shows, as its muscles are now, in the same maps and by the same transforms.

        Args:
            tableNode: It gets the new numbers.
            handlers: As for :meth:`start`.

        Raises:
            MuscleSegError: A map, a transform or the segmentation was removed, or something is being measured.
        """
        about = measurementsOf(tableNode).about
        self.start(
            segmentationsOf(tableNode),
            sourcesOf(tableNode),
            about["erosion_mm"],
            pseudonym=about["pseudonym"],
            scanDate=about["scan_date"],
            **handlers,
        )

    def cancel(self):
        """Stop measuring at once; the scene is as it was. Without effect when nothing is measured."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self):
        """Stop measuring at once and call nothing any more: the scene, or the panel, goes away."""
        if self._job is not None:
            self._job.close()
            self._end()

    def _end(self):
        self._run.close()
        self._run = self._job = None
