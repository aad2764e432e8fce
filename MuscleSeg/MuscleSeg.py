"""The MuscleSeg module of 3D Slicer: a panel that segments the muscles of thigh and leg in an MR volume.

It only converts, calls and shows; the work is done by MuscleSegLib.
"""

import importlib.util
import sys
import traceback
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)

# Installed, the library lies beside this file and Slicer finds it; in a checkout it lies beside this file's folder.
_CHECKOUT = Path(__file__).resolve().parents[1]
if (_CHECKOUT / "MuscleSegLib").is_dir():
    sys.path.append(str(_CHECKOUT))

from MuscleSegLib.errors import Cancelled, MuscleSegError  # noqa: E402  (needs the path above)
from MuscleSegLib.resources import resources_dir  # noqa: E402


class MuscleSeg(ScriptedLoadableModule):
    """What Slicer shows about the module."""

    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("MuscleSeg")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        self.parent.dependencies = ["Segmentations", "Volumes"]
        self.parent.contributors = ["MuscleSeg developers"]
        self.parent.helpText = _(
            "Segments the individual muscles of thigh and leg in an MR volume, left and right told apart. "
            "Choose the volume and press Segment; correct the result with the Segment Editor. "
            "For research; not for diagnostic use."
        )
        self.parent.acknowledgementText = _(
            "The networks follow Hostin et al. 2023 (J Magn Reson Imaging 58:1826) and Agosti et al. 2021 "
            "(Magn Reson Mater Phys 35). They were trained on images simulated from label maps, among them those of "
            "Andreassen et al. 2023 (Sci Data 10:34)."
        )


class MuscleSegWidget(ScriptedLoadableModuleWidget):
    """The panel."""

    def setup(self):
        """Build the panel; Slicer calls this when the module is opened for the first time."""
        ScriptedLoadableModuleWidget.setup(self)
        panel = slicer.util.loadUI(self.resourcePath("UI/MuscleSeg.ui"))
        self.layout.addWidget(panel)
        self.ui = slicer.util.childWidgetVariables(panel)
        panel.setMRMLScene(slicer.mrmlScene)
        self.logic = MuscleSegLogic()

        for title, name in ((_("HRNet"), "hrnet"), (_("U-Net 2D"), "unet2d")):
            self.ui.modelComboBox.addItem(title, name)
        for title, name in ((_("Found by itself"), "auto"), (_("Thigh"), "thigh"), (_("Leg"), "leg")):
            self.ui.regionComboBox.addItem(title, name)

        self.ui.volumeSelector.connect("currentNodeChanged(vtkMRMLNode*)", self.onVolumeChanged)
        self.ui.segmentButton.connect("clicked(bool)", self.onSegment)
        self.onVolumeChanged(self.ui.volumeSelector.currentNode())

    def onVolumeChanged(self, volumeNode):
        """Without a volume there is nothing to segment."""
        self.ui.segmentButton.enabled = volumeNode is not None

    def onSegment(self, _checked=False):
        """Segment the chosen volume, and say in the panel what came of it."""
        self.ui.statusLabel.text = ""
        dialog = None
        try:
            if not self.logic.installMissingPackages():
                self.ui.statusLabel.text = _("Nothing was installed, so nothing was segmented.")
                return
            dialog = slicer.util.createProgressDialog(
                windowTitle=_("MuscleSeg"),
                windowModality=qt.Qt.ApplicationModal,
                autoClose=False,
                autoReset=False,
            )
            segmentationNode = self.logic.segment(
                self.ui.volumeSelector.currentNode(),
                self.ui.modelComboBox.currentData,
                self.ui.regionComboBox.currentData,
                _progressIn(dialog),
            )
            self.ui.statusLabel.text = self.logic.summary(segmentationNode)
        except Cancelled:
            self.ui.statusLabel.text = _("Cancelled. Nothing was changed.")
        except MuscleSegError as error:
            slicer.util.errorDisplay(str(error), windowTitle=_("MuscleSeg"))
        except Exception as error:
            slicer.util.errorDisplay(
                _("MuscleSeg failed: {error}").format(error=error),
                windowTitle=_("MuscleSeg"),
                detailedText=traceback.format_exc(),
            )
        finally:
            if dialog is not None:
                dialog.close()


class MuscleSegLogic(ScriptedLoadableModuleLogic):
    """What the panel does, without the panel.

    Example, in Slicer's Python console:
        >>> logic = slicer.modules.muscleseg.widgetRepresentation().self().logic
        >>> volumeNode = slicer.util.getNode("thigh")
        >>> segmentationNode = logic.segment(volumeNode)
        >>> print(logic.summary(segmentationNode))
    """

    def missingPackages(self):
        """The Python packages that segmenting needs and this Slicer does not have."""
        return [name for name in ("torch", "safetensors") if importlib.util.find_spec(name) is None]

    def installMissingPackages(self):
        """Install what is missing, when the user agrees.

        Returns:
            Whether everything is there now; False when the user declined.

        Raises:
            MuscleSegError: PyTorch is missing, and so is the extension that installs it.
        """
        missing = self.missingPackages()
        if "torch" in missing:
            try:
                from PyTorchUtils import PyTorchUtilsLogic
            except ModuleNotFoundError:
                raise MuscleSegError(
                    _(
                        "Segmenting needs PyTorch. Install the extension “PyTorch” with Slicer's Extensions Manager, "
                        "restart Slicer, and press Segment again."
                    )
                ) from None
            if PyTorchUtilsLogic().installTorch(askConfirmation=True, torchVersionRequirement=">=2.2") is None:
                return False
        if "safetensors" in missing:
            if not slicer.util.confirmOkCancelDisplay(
                _("Segmenting needs the small Python package safetensors. Download and install it now?")
            ):
                return False
            slicer.util.pip_install("safetensors>=0.4")
        importlib.invalidate_caches()
        return True

    def segment(self, volumeNode, model="hrnet", region="auto", progress=None):
        """Segment a volume; see :func:`MuscleSegLib.slicer.segmentVolumeNode`, which this calls.

        Returns:
            The new segmentation node.
        """
        # Imported here, because they need the packages that are installed on first use.
        from MuscleSegLib.progress import silent
        from MuscleSegLib.slicer import segmentVolumeNode

        return segmentVolumeNode(volumeNode, model=model, region=region, progress=progress or silent)

    def summary(self, segmentationNode):
        """How many segments there are, and what a person should check, one sentence a line."""
        from MuscleSegLib.slicer import warningsFromSegmentationNode

        count = segmentationNode.GetSegmentation().GetNumberOfSegments()
        name = segmentationNode.GetName()
        lines = [_("{count} segments in “{name}”.").format(count=count, name=name)]
        lines += [warning.text for warning in warningsFromSegmentationNode(segmentationNode)]
        return "\n".join(lines)


class MuscleSegTest(ScriptedLoadableModuleTest):
    """The module in a real Slicer."""

    def setUp(self):
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear()

    def runTest(self):
        """Run by Slicer's Reload and Test."""
        self.setUp()
        self.test_theSampleVolumeIsSegmented()

    def test_theSampleVolumeIsSegmented(self):
        """From the file to a segmentation that says what it holds."""
        logic = MuscleSegLogic()
        if logic.missingPackages():
            self.skipTest(f"not installed: {', '.join(logic.missingPackages())}")
        volumeNode = slicer.util.loadVolume(str(resources_dir() / "SampleData" / "thigh.nii.gz"))

        segmentationNode = logic.segment(volumeNode)

        assert segmentationNode.GetSegmentation().GetNumberOfSegments() > 0
        assert segmentationNode.GetName() in logic.summary(segmentationNode)


def _progressIn(dialog):
    """A progress callback that moves a QProgressDialog and stops the work when its Cancel is pressed."""

    def progress(fraction, message):
        dialog.labelText = message
        dialog.value = round(100 * fraction)
        slicer.app.processEvents()
        if dialog.wasCanceled:
            raise Cancelled(_("Segmenting was cancelled."))

    return progress
