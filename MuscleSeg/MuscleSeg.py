"""The MuscleSeg module of 3D Slicer: a panel in which the muscles of thigh and leg are segmented and measured.

It only converts, calls and shows: the panel's sections are in MuscleSegModule, the work is done by MuscleSegLib.
"""

import sys
from pathlib import Path

import slicer
import vtk
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

# Installed, the library lies beside this file and Slicer finds it; in a checkout it lies beside this file's folder.
_CHECKOUT = Path(__file__).resolve().parents[1]
if (_CHECKOUT / "MuscleSegLib").is_dir() and str(_CHECKOUT) not in sys.path:
    sys.path.append(str(_CHECKOUT))


class MuscleSeg(ScriptedLoadableModule):
    """What Slicer shows about the module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("MuscleSeg")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "SegmentEditor", "SubjectHierarchy", "Volumes"]
        self.parent.contributors = ["MuscleSeg developers"]
        self.parent.helpText = _(
            "Segments the individual muscles of thigh and leg in an MR volume, left and right told apart. "
            "Choose the volume and press Segment; correct the result with Slicer's own Segment Editor; carry "
            "corrections to other slices and later scans; measure every muscle in maps of fat fraction, T2 and MTR. "
            "For research; not for diagnostic use."
        )
        self.parent.acknowledgementText = _(
            "The networks follow Hostin et al. 2023 (J Magn Reson Imaging 58:1826) and Agosti et al. 2021 "
            "(Magn Reson Mater Phys 35). They were trained on images simulated from label maps, among them those of "
            "Andreassen et al. 2023 (Sci Data 10:34)."
        )
        from MuscleSegModule.sample_data import registerSampleData

        slicer.app.connect("startupCompleted()", registerSampleData)


class MuscleSegWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The panel: it tells its sections when the scene and the user come and go.

    Attributes:
        logic: What the panel does, without the panel; see :class:`MuscleSegModule.logic.MuscleSegLogic`.
        panel: The sections.
        ui: The widgets, by name.
    """

    def __init__(self, parent=None):
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def setup(self):
        """Build the panel; Slicer calls this when the module is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        from MuscleSegModule.logic import MuscleSegLogic
        from MuscleSegModule.panel import Panel

        widget = slicer.util.loadUI(self.resourcePath("UI/MuscleSeg.ui"))
        self.layout.addWidget(widget)
        widget.setMRMLScene(slicer.mrmlScene)
        self.ui = slicer.util.childWidgetVariables(widget)
        self.logic = MuscleSegLogic()
        self.panel = Panel(self.ui, self.logic)
        scene = slicer.mrmlScene
        self.addObserver(scene, scene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(scene, scene.StartImportEvent, self.onSceneStartImport)
        self.addObserver(scene, scene.EndCloseEvent, self.onSceneEnd)
        self.addObserver(scene, scene.EndImportEvent, self.onSceneEnd)
        # After the Segment Editor, which takes at the end of a batch what its own selector shows.
        self.addObserver(scene, scene.EndBatchProcessEvent, self.onSceneEnd, priority=-1.0)
        self.addObserver(scene, scene.NodeRemovedEvent, self.onNodeRemoved)
        if self.parent.isEntered:  # Reloaded: Slicer does not open the module again.
            self.panel.enter()

    def enter(self):
        """Slicer calls this when the user opens the module."""
        self.panel.enter()

    def exit(self):
        """Slicer calls this when the user opens another module."""
        self.panel.exit()

    def cleanup(self):
        """Slicer calls this before the panel goes away, on reloading too."""
        self.removeObservers()
        self.panel.cleanup()

    def onReload(self):
        """Reload the panel's sections and the library with the module, for developers."""
        for name in [name for name in sys.modules if name.partition(".")[0] in ("MuscleSegModule", "MuscleSegLib")]:
            del sys.modules[name]
        ScriptedLoadableModuleWidget.onReload(self)

    def onSceneStartClose(self, _caller, _event):
        """What is computed for a scene goes with it."""
        self.panel.stop(_("The scene was closed, so this was stopped."))
        self.panel.disconnectScene()

    def onSceneStartImport(self, _caller, _event):
        """What the panel shows while nodes come in must not be taken for the user's choices."""
        self.panel.disconnectScene()

    def onSceneEnd(self, _caller, _event):
        """Show the choices that the scene has now; in a batch, as opening a scene is one, when all of it is done.

        In another module, not before the user comes back: the Segment Editor would show its volume in the views.
        """
        if (self.parent.isEntered or self.panel.running) and not slicer.mrmlScene.IsBatchProcessing():
            self.panel.connectScene()

    @vtk.calldata_type(vtk.VTK_OBJECT)
    def onNodeRemoved(self, _caller, _event, node):
        """The volume that is segmented, or what is shown, may be gone."""
        self.panel.onNodeRemoved(node)


class MuscleSegTest(ScriptedLoadableModuleTest):
    """The module in a real Slicer."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run by Slicer's Reload and Test."""
        for test in (self.test_anEditIsFoundAndKept, self.test_theSampleVolumeIsSegmented):
            self.setUp()
            test()

    def test_anEditIsFoundAndKept(self):
        """A result is shown, a muscle is erased by hand, and segmenting again leaves it so. Needs no network."""
        import numpy as np
        import SimpleITK as sitk

        from MuscleSegLib.anatomy import label_set
        from MuscleSegLib.segmentation.result import Segmentation
        from MuscleSegLib.slicer import imageFromVolumeNode
        from MuscleSegLib.slicer.results import addResult, editsOfResult, updateResult

        volumeNode = slicer.util.addVolumeFromArray(np.zeros((5, 40, 40), np.int16), name="test")
        values = np.zeros((5, 40, 40), np.uint8)
        values[1:4, 5:15, 5:15], values[1:4, 5:15, 25:35] = 1, 101
        labelMap = sitk.GetImageFromArray(values)
        labelMap.CopyInformation(imageFromVolumeNode(volumeNode))
        result = Segmentation(labelMap, label_set("muscleseg").for_regions({"thigh"}), cards=())
        names = {"right": "right", "left": "left"}

        right, left = addResult(result, volumeNode, names)
        assert editsOfResult((right, left)) == {}
        erased = right.GetSegmentation().GetSegmentIDs()[0]
        right.GetSegmentation().ClearSegment(erased)
        edits = editsOfResult((right, left))
        assert edits[right.GetID()][erased].slices == (1, 2, 3)

        updateResult((right, left), result, volumeNode, names, keep=edits)
        assert right.GetSegmentCenterRAS(erased) is None
        assert left.GetSegmentCenterRAS(left.GetSegmentation().GetSegmentIDs()[0]) is not None

    def test_theSampleVolumeIsSegmented(self):
        """From the file to a node a side that says what it holds."""
        from MuscleSegLib.resources import resources_dir
        from MuscleSegModule.logic import MuscleSegLogic
        from MuscleSegModule.packages import missingPackages

        if missingPackages():
            # Not skipTest: Slicer runs this without a test runner, to which alone that is no failure.
            print(f"Not tested, because it is not installed: {', '.join(missingPackages())}.")
            return
        logic = MuscleSegLogic()
        volumeNode = slicer.util.loadVolume(str(resources_dir() / "SampleData" / "thigh.nii.gz"))

        nodes = logic.segment(volumeNode)

        assert [node.GetAttribute("MuscleSeg.Side") for node in nodes] == ["right", "left"]
        assert all(node.GetSegmentation().GetNumberOfSegments() > 0 for node in nodes)
        assert nodes[0].GetName() in logic.summary(nodes)
