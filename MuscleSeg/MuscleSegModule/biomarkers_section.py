"""The section in which a result is measured in maps of fat fraction, T2 and MTR."""

import time

from slicer.i18n import tr as _

from MuscleSegLib.maps.scale import SCALE_NAMES
from MuscleSegLib.slicer.map_nodes import isComputed
from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.alignment import Alignment
from MuscleSegModule.bindings import Line, Menu, NodeSelector, Number, PathEdit
from MuscleSegModule.dicom_folders import askSeriesFolder
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.guesses import guess
from MuscleSegModule.measure_nodes import TABLE_ATTRIBUTE, sign, tableNodeOf, transformsOf
from MuscleSegModule.measure_run import Sources
from MuscleSegModule.measures_view import MeasuresView
from MuscleSegModule.packages import ensurePackages
from MuscleSegModule.scan_date import ScanDate
from MuscleSegModule.starter import Starter
from MuscleSegModule.time_left import timeLeft

#: Where a quantity is taken from: nowhere, a map, or what a map is computed of.
NONE, MAP, IMAGES = "none", "map", "images"
#: The images that a map is computed of, by the beginning of the names of its choices.
_IMAGES = {"ff": ("fat", "water"), "t2": ("t2Echoes",), "mtr": ("withoutPulse", "withPulse")}


class BiomarkersSection:
    """Maps, or what they are computed of, and how the muscles lie in them; Register and measure; what was measured.

    Args:
        ui: The panel's widgets.
        logic: What measures and saves.
    """

    def __init__(self, ui, logic):
        self._ui = ui
        self._measuring = logic.measuring
        self._parameters = None
        self._segmentation = None
        self._started = 0.0
        self._starter = Starter(ui.measureButton, ui.measureObstacleLabel)
        sources = {
            "ffSource": (Menu(ui.ffSourceComboBox), _("A map of the fat fraction"), _("Fat and water images")),
            "t2Source": (Menu(ui.t2SourceComboBox), _("A map of T2"), _("A multi-echo series")),
            "mtrSource": (Menu(ui.mtrSourceComboBox), _("A map of MTR"), _("Images without and with MT pulse")),
        }
        for menu, ofMap, ofImages in sources.values():
            menu.fill([(NONE, _("Not measured")), (MAP, ofMap), (IMAGES, ofImages)])
        scales = {prefix: Menu(self._widget(prefix, "ScaleComboBox")) for prefix in _IMAGES}
        for prefix, menu in scales.items():
            menu.fill([("", _("Found automatically")), *((name, name) for name in SCALE_NAMES[prefix.upper()])])
        #: The maps that were chosen last: the scale that is chosen is theirs.
        self._maps = {}
        self._alignment = Alignment(ui)
        self._scanDate = ScanDate(ui.scanDateEdit, self._onSigned)
        #: What shows, and sets, the choices of this section.
        self.controls = (
            self._alignment.controls
            | {name: menu for name, (menu, _map, _images) in sources.items()}
            | {f"{prefix}Scale": menu for prefix, menu in scales.items()}
            | {
                "ffMap": NodeSelector(ui.ffMapSelector),
                "fat": NodeSelector(ui.fatSelector),
                "water": NodeSelector(ui.waterSelector),
                "t2Map": NodeSelector(ui.t2MapSelector),
                "t2Echoes": PathEdit(ui.t2EchoesEdit),
                "mtrMap": NodeSelector(ui.mtrMapSelector),
                "withoutPulse": NodeSelector(ui.mtOffSelector),
                "withPulse": NodeSelector(ui.mtOnSelector),
                "erosionMm": Number(ui.erosionSpinBox),
                "pseudonym": Line(ui.pseudonymEdit),
            }
        )
        for prefix in _IMAGES:
            sources[f"{prefix}Source"][0].widget.connect(
                "activated(int)", lambda _index, prefix=prefix: self._onSourceChosen(prefix)
            )
        ui.t2EchoesFolderButton.connect("clicked(bool)", self._onEchoesFolder)
        ui.measureButton.connect("clicked(bool)", self.onMeasure)
        ui.measureCancelButton.connect("clicked(bool)", self.onCancel)
        ui.pseudonymEdit.connect("editingFinished()", self._onSigned)
        ui.measureStatusLabel.openExternalLinks = True
        self.measures = MeasuresView(ui, logic.remeasuring, logic.saving, self._say)
        self._showRunning(False)

    def setParameters(self, parameters):
        """Work with the choices of a scene; None while it is closed."""
        self._parameters = parameters
        self._segmentation = parameters.segmentation if parameters is not None else None
        self._maps = {prefix: self._map(prefix) for prefix in _IMAGES} if parameters is not None else {}
        if parameters is None:
            self._alignment.hide()
        self.update()
        self.measures.show(parameters.measures if parameters is not None else None)

    def update(self):
        """Show the fields of the sources that are chosen; offer to measure when there is something to measure."""
        chosen = self._parameters
        self._alignment.update(chosen, self._sources() if chosen is not None else None)
        self._scanDate.show(self._volume())
        self._starter.update(self._obstacle(), self._measuring.running)
        if chosen is None:
            return
        if chosen.segmentation is not None and chosen.segmentation is not self._segmentation:
            self._segmentation = chosen.segmentation
            self._showMeasuresOf(chosen.segmentation)
        for prefix in _IMAGES:
            self._showFields(prefix)

    def onMeasure(self, _checked=False):
        """Start measuring, once the packages that it needs are installed."""
        with errorsShown():
            if not (ensurePackages() and ensurePackages("measure")):
                self._say(_("Nothing was installed, so nothing was measured."))
                return
            self._say("")
            self._measuring.start(
                resultOf(self._parameters.segmentation),
                self._sources(),
                self._parameters.erosionMm,
                pseudonym=self._parameters.pseudonym,
                scanDate=self._scanDate.value,
                onProgress=self._onProgress,
                onFinished=self._onFinished,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            if self._measuring.running:  # Unless it could not even be started.
                self._alignment.hide()
                self.measures.pause()
                self._started = time.monotonic()
                self._onProgress(0.0, _("Starting"))
                self._showRunning(True)

    def onCancel(self, _checked=False):
        """Stop measuring."""
        self._measuring.cancel()

    def onStopped(self, reason):
        """Measuring was stopped, because of what was done to the scene."""
        self._showRunning(False)
        self._say(reason)

    def onNodeRemoved(self, node):
        """A node is gone: the table that is shown, or one that it is compared with, may be."""
        if self._parameters is not None and node.GetAttribute(TABLE_ATTRIBUTE):
            tableNode = self._parameters.measures  # It is that still when it is what was removed.
            self.measures.show(tableNode if tableNode is not node else None)

    def _say(self, text):
        self._ui.measureStatusLabel.text = text

    def _sources(self):
        """What is chosen, without what other choices of the source have left behind."""
        wanted = [name for prefix in _IMAGES for name in (*self._needed(prefix), *self._optional(prefix))]
        return Sources(**{name: getattr(self._parameters, name) for name in wanted})

    def _needed(self, prefix):
        """The choices that the source of a quantity needs."""
        return {NONE: (), MAP: (f"{prefix}Map",), IMAGES: _IMAGES[prefix]}[self._source(prefix)]

    def _optional(self, prefix):
        """The choices that the source of a quantity has besides."""
        transform, scale = f"{prefix}Transform", f"{prefix}Scale"
        return {NONE: (), MAP: (transform, scale), IMAGES: (transform,)}[self._source(prefix)]

    def _source(self, prefix):
        return getattr(self._parameters, f"{prefix}Source")

    def _map(self, prefix):
        return getattr(self._parameters, f"{prefix}Map")

    def _widget(self, prefix, name):
        return getattr(self._ui, prefix + name)

    def _showFields(self, prefix):
        """Show the fields of the source of a quantity; a scale is asked for where the map does not know its own."""
        source, mapNode = self._source(prefix), self._map(prefix)
        if mapNode is not self._maps.get(prefix):
            self._maps[prefix] = mapNode
            setattr(self._parameters, f"{prefix}Scale", "")
        self._widget(prefix, "MapWidget").visible = source == MAP
        self._widget(prefix, "ScaleWidget").visible = source == MAP and mapNode is not None and not isComputed(mapNode)
        self._widget(prefix, "ImagesWidget").visible = source == IMAGES

    def _obstacle(self):
        """Why nothing can be measured; empty when something can."""
        if self._volume() is None:
            return _("There is nothing to measure yet: segment a volume, or choose a segmentation under Correct.")
        missing = [
            prefix.upper()
            for prefix in _IMAGES
            if not all(getattr(self._parameters, name) for name in self._needed(prefix))
        ]
        if missing:
            return _("Choose what {quantities} is measured in, or “Not measured”.").format(
                quantities=", ".join(missing)
            )
        return ""

    def _onSourceChosen(self, prefix):
        """A person chose a source: choose the volumes that are named for it."""
        for name in self._needed(prefix):
            control = self.controls[name]
            if isinstance(control, NodeSelector) and control.value is None:
                control.value = guess(name)

    def _onEchoesFolder(self, _checked=False):
        """The field's own button browses for a file."""
        with errorsShown():
            path = askSeriesFolder(
                _("Choose the folder of the multi-echo series"), together=_("All of them: each is one echo")
            )
            if path:
                self.controls["t2Echoes"].value = path

    def _onProgress(self, fraction, message):
        self._ui.measureProgressBar.value = round(fraction * self._ui.measureProgressBar.maximum)
        left = timeLeft(fraction, time.monotonic() - self._started)
        self._ui.measureProgressLabel.text = f"{message}, {left}" if left else message

    def _onFinished(self, tableNode):
        self._showRunning(False)
        wasModified = self._parameters.StartModify()
        self._parameters.measures = tableNode
        for quantity, node in transformsOf(tableNode).items():
            setattr(self._parameters, f"{quantity.lower()}Transform", node)
        self._parameters.EndModify(wasModified)
        self._say(_("{count} muscles and groups were measured.").format(count=tableNode.GetNumberOfRows()))
        self.measures.show(tableNode)

    def _showMeasuresOf(self, segmentationNode):
        """Show the table of the result that was chosen."""
        tableNode = tableNodeOf(resultOf(segmentationNode))
        if tableNode is not self._parameters.measures:
            self._parameters.measures = tableNode
            self.measures.show(tableNode)

    def _onSigned(self):
        """Whose measures they are was changed: it is said in the table too."""
        if self._parameters is None or self._parameters.measures is None or self._measuring.running:
            return
        segmentation, tableNode = self._parameters.segmentation, self._parameters.measures
        if segmentation is not None and tableNodeOf(resultOf(segmentation)) is tableNode:
            with errorsShown():
                sign(tableNode, self._parameters.pseudonym, self._scanDate.value)
                self.measures.refresh()

    def _volume(self):
        """The volume of the segmentation that is chosen; None when there is none."""
        segmentation = self._parameters.segmentation if self._parameters is not None else None
        return volumeOf(segmentation) if segmentation is not None else None

    def _onFailed(self, sentence, details):
        self._showRunning(False)
        self._say(_("Measuring failed. The scene is as it was."))
        self.measures.show(self._parameters.measures)
        showError(sentence, details)

    def _onCancelled(self):
        self._showRunning(False)
        self._say(_("Cancelled. The scene is as it was."))
        self.measures.show(self._parameters.measures)

    def _showRunning(self, running):
        self._ui.measuringWidget.visible = running
        self._ui.measureButton.visible = not running
        self.update()
