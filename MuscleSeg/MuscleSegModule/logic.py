"""What the panel does, without the panel."""

import time
from pathlib import Path

import slicer
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import ScriptedLoadableModuleLogic

from MuscleSegLib.errors import Cancelled, InputError, MuscleSegError
from MuscleSegLib.slicer import warningsFromSegmentationNode
from MuscleSegLib.slicer.results import editsOfResult
from MuscleSegModule.again import Again, earlierResult, editedMuscles, placeResult
from MuscleSegModule.job import Job
from MuscleSegModule.job_end import atEnd
from MuscleSegModule.measure_run import Sources
from MuscleSegModule.measuring import Measuring
from MuscleSegModule.parameter_node import Choices
from MuscleSegModule.propagating import Propagating
from MuscleSegModule.saving import Saving
from MuscleSegModule.segment_run import SegmentRun

#: Between two looks at the event loop while a script waits.
_PAUSE_SECONDS = 0.02


def keepEdited(_muscles):
    """Answers what becomes of edited muscles when no one is asked: they stay."""
    return Again.KeepEdited


def _into(outcome):
    """What to be called with at the end of a piece of work, for :func:`_awaited`."""
    return {
        "onFinished": lambda result: outcome.update(result=result),
        "onFailed": lambda sentence, _details: outcome.update(error=MuscleSegError(sentence)),
        "onCancelled": lambda: outcome.update(error=Cancelled(_("It was stopped. The scene is as it was."))),
    }


def _awaited(outcome):
    """Wait for the end of a piece of work; its result.

    Raises:
        MuscleSegError: It failed or was stopped.
    """
    while not outcome:
        slicer.app.processEvents()
        time.sleep(_PAUSE_SECONDS)
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]


class MuscleSegLogic(ScriptedLoadableModuleLogic):
    """Segments volumes of the scene in a process of its own, and puts complete results into the scene.

    Example, in Slicer's Python console:
        >>> logic = slicer.modules.muscleseg.widgetRepresentation().self().logic
        >>> volumeNode = slicer.util.getNode("thigh")
        >>> nodes = logic.segment(volumeNode)
        >>> print(logic.summary(nodes))
        >>> tableNode = logic.measure(nodes, Sources(ffMap=slicer.util.getNode("fat fraction")))
        >>> logic.saveMeasures(tableNode, "/home/me/report.html")

    ``Sources`` is in :mod:`MuscleSegModule.measure_run`.

    Attributes:
        measuring: What measures results without waiting for them.
        remeasuring: What measures again, in the background, what was edited.
        saving: What saves measures without waiting.
        propagating: What carries corrections.
    """

    def __init__(self):
        ScriptedLoadableModuleLogic.__init__(self)
        self.measuring = Measuring()
        self.remeasuring = Measuring()
        self.saving = Saving()
        self.propagating = Propagating()
        self._job = None
        self._run = None

    def getParameterNode(self):
        """The panel's choices in this scene."""
        return Choices(ScriptedLoadableModuleLogic.getParameterNode(self))

    @property
    def running(self):
        """Whether a volume is being segmented."""
        return self._job is not None

    @property
    def runningVolumeId(self):
        """The volume that is being segmented; None when none is."""
        return self._run.volumeId if self._run is not None else None

    def segment(self, volumeNode, model="hrnet", region="auto", labels="muscleseg", device="auto", decide=keepEdited):
        """Segment a volume and wait for it; Slicer stays usable meanwhile.

        Args:
            volumeNode: An MR volume of one or both thighs or legs.
            model: A family of models (``hrnet``, ``unet2d``), or one model by name.
            region: ``auto``, ``thigh`` or ``leg``.
            labels: The label set, by name.
            device: ``auto``, ``cpu`` or ``cuda``.
            decide: What becomes of an earlier result in which muscles were edited, see :meth:`startSegmenting`.

        Returns:
            The segmentation nodes, the right side first.

        Raises:
            MuscleSegError: It cannot be segmented; :class:`~MuscleSegLib.errors.Cancelled` when it was stopped.
        """
        outcome = {}
        if not self.startSegmenting(
            volumeNode, model=model, region=region, labels=labels, device=device, decide=decide, **_into(outcome)
        ):
            raise Cancelled(_("Nothing was segmented."))
        return _awaited(outcome)

    def measure(self, nodes, sources=None, erosionMm=0.0):
        """Measure a result and wait for it; Slicer stays usable meanwhile.

        Args:
            nodes: Segmentation nodes, those of one run or any others on the grid of one volume.
            sources: What the maps are made of (:class:`.Sources`); sizes only when None.
            erosionMm: How far from the border of a muscle its values are taken.

        Returns:
            The table node.

        Raises:
            MuscleSegError: It cannot be measured; :class:`~MuscleSegLib.errors.Cancelled` when it was stopped.
        """
        outcome = {}
        self.measuring.start(
            nodes, sources or Sources(), erosionMm, onProgress=lambda _fraction, _message: None, **_into(outcome)
        )
        return _awaited(outcome)

    def saveMeasures(self, tableNode, path):
        """Save measures as a table (``.csv``, ``.json``) or a report (``.html``, ``.pdf``), and wait for it.

        It replaces what is there.

        Raises:
            MuscleSegError: The table was not made here, or it cannot be written.
        """
        outcome = {}
        ends = _into(outcome)
        self.saving.save(tableNode, Path(path), onFinished=ends["onFinished"], onFailed=ends["onFailed"])
        _awaited(outcome)

    def startSegmenting(
        self,
        volumeNode,
        *,
        model,
        region,
        labels,
        device,
        segmentationNode=None,
        decide=keepEdited,
        onProgress=lambda _fraction, _message: None,
        onFinished=lambda _nodes: None,
        onFailed=lambda _sentence, _details: None,
        onCancelled=lambda: None,
    ):
        """Start segmenting a volume in a child process; the scene is touched when its result is complete, not before.

        Args:
            volumeNode: The volume; it is copied.
            model: As in :meth:`segment`, and so are ``region``, ``labels`` and ``device``.
            segmentationNode: The result that is being corrected, if any: it is the one to replace.
            decide: Called with the names of muscles that were edited in the earlier result, before the run, and again
                after it when they were edited meanwhile; says what becomes of them (:class:`.Again`), or None to do
                nothing.
            onProgress: Called with a fraction from 0 to 1 and a message.
            onFinished: Called with the segmentation nodes, the right side first.
            onFailed: Called with a sentence and details.
            onCancelled: Called when :meth:`cancel` stopped it.

        Returns:
            Whether it was started; False when ``decide`` said None.

        Raises:
            MuscleSegError: The volume cannot be segmented, or another is being segmented.
        """
        if self.running:
            raise InputError(_("A volume is being segmented already. Wait for it, or cancel it."))
        earlier = earlierResult(volumeNode, segmentationNode)
        before = editsOfResult(earlier)
        again = decide(editedMuscles(earlier)) if before else Again.Replace
        if again is None:
            return False

        run = SegmentRun(
            volumeNode,
            model=model,
            region=region,
            labels=labels,
            device=device,
            modelsDir=self.modelsFolder(),
        )
        ended = atEnd(
            lambda: self._place(run, earlier, before, again, decide),
            self._end,
            onTaken=onFinished,
            onFailed=onFailed,
            onCancelled=onCancelled,
        )
        self._run = run
        self._job = Job(run.arguments, onEnd=ended, onProgress=onProgress, onWarning=run.addWarning)
        self._job.start()
        return True

    def cancel(self):
        """Stop segmenting at once; the scene is as it was. Without effect when nothing runs."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self):
        """Stop segmenting at once and call nothing any more: the scene, or the panel, goes away."""
        if self._job is not None:
            self._job.close()
            self._end()

    def summary(self, nodes):
        """How many muscles there are, and what a person should check, one sentence a line."""
        count = sum(node.GetSegmentation().GetNumberOfSegments() for node in nodes)
        names = " + ".join(f"“{node.GetName()}”" for node in nodes)
        lines = [_("{count} muscles in {names}.").format(count=count, names=names)]
        return "\n".join(lines + [warning.text for node in nodes for warning in warningsFromSegmentationNode(node)])

    @staticmethod
    def modelsFolder():
        """Where the user keeps models of their own; None for the usual folder, ``~/.muscleseg/models``."""
        folder = slicer.app.userSettings().value("MuscleSeg/ModelsFolder", "")
        return Path(folder) if folder else None

    @staticmethod
    def setModelsFolder(folder):
        """Remember, for all scenes, where the user keeps models; None for the usual folder."""
        slicer.app.userSettings().setValue("MuscleSeg/ModelsFolder", str(folder) if folder else "")

    def _place(self, run, earlier, before, again, decide):
        volumeNode = slicer.mrmlScene.GetNodeByID(run.volumeId)
        if volumeNode is None:
            raise InputError(_("The volume was removed while it was segmented, so the result was not kept."))
        result = run.result()
        earlier = tuple(node for node in earlier if slicer.mrmlScene.IsNodePresent(node))
        if again is Again.Replace and editsOfResult(earlier) != before:
            # Edited while the network worked, and no one agreed to lose that: doing nothing would lose the result.
            again = decide(editedMuscles(earlier)) or Again.New
        return placeResult(result, volumeNode, earlier, again)

    def _end(self):
        self._run.close()
        self._run = self._job = None
