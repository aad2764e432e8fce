"""The section in which a result is measured in maps of fat fraction, T2 and MTR."""

import time
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.slicer.results import resultOf, volumeOf
from MuscleSegModule.bindings import Menu, NodeSelector, Number, PathEdit
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.measure_run import Sources
from MuscleSegModule.measuring import chartOf, measurementsOf
from MuscleSegModule.packages import ensurePackages
from MuscleSegModule.time_left import timeLeft
from MuscleSegModule.views import showChart

#: Columns that the panel has no room for; the saved table and the report have all.
_HIDDEN = ("pseudonym", "scan_date", "kind", "abbreviation", "members", "cut_by_field_of_view")
_HIDDEN_ENDINGS = ("_sd_percent", "_sd_ms", "_p5_percent", "_p5_ms", "_p95_percent", "_p95_ms", "_left_out")
_HIDDEN_ENDINGS += ("_voxels_used", "_covered_percent")
#: Where a quantity is taken from: nowhere, a map, or what a map is computed of.
NONE, MAP, IMAGES = "none", "map", "images"


class BiomarkersSection:
    """Maps, or what they are computed of; Register and measure; table, plot, warnings, export.

    Args:
        ui: The panel's widgets.
        measuring: What measures.
    """

    def __init__(self, ui, measuring):
        self._ui = ui
        self._measuring = measuring
        self._parameters = None
        self._started = 0.0
        sources = {
            "ffSource": (Menu(ui.ffSourceComboBox), _("A map of the fat fraction"), _("Fat and water images")),
            "t2Source": (Menu(ui.t2SourceComboBox), _("A map of T2"), _("A multi-echo series")),
            "mtrSource": (Menu(ui.mtrSourceComboBox), _("A map of MTR"), _("Images without and with MT pulse")),
        }
        for menu, ofMap, ofImages in sources.values():
            menu.fill([(NONE, _("Not measured")), (MAP, ofMap), (IMAGES, ofImages)])
        #: What shows, and sets, the choices of this section.
        self.controls = {name: menu for name, (menu, _map, _images) in sources.items()} | {
            "ffMap": NodeSelector(ui.ffMapSelector),
            "fat": NodeSelector(ui.fatSelector),
            "water": NodeSelector(ui.waterSelector),
            "t2Map": NodeSelector(ui.t2MapSelector),
            "t2Echoes": PathEdit(ui.t2EchoesEdit),
            "mtrMap": NodeSelector(ui.mtrMapSelector),
            "withoutPulse": NodeSelector(ui.mtOffSelector),
            "withPulse": NodeSelector(ui.mtOnSelector),
            "erosionMm": Number(ui.erosionSpinBox),
        }
        ui.measureButton.connect("clicked(bool)", self.onMeasure)
        ui.measureCancelButton.connect("clicked(bool)", self.onCancel)
        ui.plotButton.connect("clicked(bool)", self.onPlot)
        ui.exportCsvButton.connect("clicked(bool)", self.onExportCsv)
        ui.exportHtmlButton.connect("clicked(bool)", self.onExportHtml)
        ui.exportPdfButton.connect("clicked(bool)", self.onExportPdf)
        self._showRunning(False)
        self.showMeasures()

    def setParameters(self, parameters):
        """Work with the choices of a scene; None while it is closed."""
        self._parameters = parameters
        self.update()
        self.showMeasures()

    def update(self):
        """Show the fields of the sources that are chosen; offer to measure when there is something to measure."""
        if self._parameters is None:
            self._ui.measureButton.enabled = False
            return
        chosen = self._parameters
        fields = {
            self._ui.ffMapWidget: chosen.ffSource == MAP,
            self._ui.ffImagesWidget: chosen.ffSource == IMAGES,
            self._ui.t2MapWidget: chosen.t2Source == MAP,
            self._ui.t2EchoesWidget: chosen.t2Source == IMAGES,
            self._ui.mtrMapWidget: chosen.mtrSource == MAP,
            self._ui.mtrImagesWidget: chosen.mtrSource == IMAGES,
        }
        for widget, shown in fields.items():
            widget.visible = shown
        measurable = chosen.segmentation is not None and volumeOf(chosen.segmentation) is not None
        self._ui.measureButton.enabled = measurable and not self._measuring.running
        self._ui.measureButton.toolTip = (
            _("Find the muscles in each map and measure them, right and left. Slicer stays usable meanwhile.")
            if measurable
            else _("There is nothing to measure yet: segment a volume, or choose a segmentation under Correct.")
        )

    def showMeasures(self):
        """Show the table of the scene, if there is one, and what to know before using it."""
        measures = self._parameters.measures if self._parameters is not None else None
        table = self._ui.measuresTable
        table.setMRMLTableNode(measures)
        for column in range(measures.GetNumberOfColumns() if measures is not None else 0):
            name = measures.GetColumnName(column)
            table.setColumnHidden(column, name in _HIDDEN or name.endswith(_HIDDEN_ENDINGS))
        table.resizeColumnsToContents()
        self._ui.measuresWidget.visible = measures is not None
        self._ui.measureWarningsList.clear()
        for text in measurementsOf(measures).warnings if measures is not None else ():
            self._ui.measureWarningsList.addItem(text)
        self._ui.measureWarningsList.visible = self._ui.measureWarningsList.count > 0

    def onMeasure(self, _checked=False):
        """Start measuring, once the packages that it needs are installed."""
        with errorsShown():
            if not (ensurePackages() and ensurePackages("measure")):
                self._ui.measureStatusLabel.text = _("Nothing was installed, so nothing was measured.")
                return
            self._measuring.start(
                resultOf(self._parameters.segmentation),
                self._sources(),
                self._parameters.erosionMm,
                onProgress=self._onProgress,
                onFinished=self._onFinished,
                onFailed=self._onFailed,
                onCancelled=self._onCancelled,
            )
            self._started = time.monotonic()
            self._ui.measureStatusLabel.text = ""
            self._onProgress(0.0, _("Starting"))
            self._showRunning(True)

    def onCancel(self, _checked=False):
        """Stop measuring."""
        self._measuring.cancel()

    def onPlot(self, _checked=False):
        """Show the values of each muscle in a plot view."""
        showChart(chartOf(self._parameters.measures))

    def onExportCsv(self, _checked=False):
        """Save the table."""
        self._export(_("Save the table"), ".csv")

    def onExportHtml(self, _checked=False):
        """Save the report as a page."""
        self._export(_("Save the report"), ".html")

    def onExportPdf(self, _checked=False):
        """Save the report as printed sheets."""
        self._export(_("Save the report"), ".pdf")

    def onStopped(self, reason):
        """Measuring was stopped, because of what was done to the scene."""
        self._showRunning(False)
        self._ui.measureStatusLabel.text = reason

    def _export(self, title, suffix):
        path = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), title, f"muscles{suffix}", f"(*{suffix})")
        if not path:
            return
        with errorsShown():
            self._measuring.save(
                self._parameters.measures,
                Path(path).with_suffix(suffix),
                onFinished=lambda written: self._say(_("Saved as {path}.").format(path=written)),
                onFailed=showError,
            )

    def _say(self, text):
        self._ui.measureStatusLabel.text = text

    def _sources(self):
        """What is chosen, without what other choices of the source have left behind."""
        chosen = self._parameters
        ofMap = {"ffMap": chosen.ffSource, "t2Map": chosen.t2Source, "mtrMap": chosen.mtrSource}
        ofImages = {
            "fat": chosen.ffSource,
            "water": chosen.ffSource,
            "t2Echoes": chosen.t2Source,
            "withoutPulse": chosen.mtrSource,
            "withPulse": chosen.mtrSource,
        }
        wanted = [name for name, source in ofMap.items() if source == MAP]
        wanted += [name for name, source in ofImages.items() if source == IMAGES]
        return Sources(**{name: getattr(chosen, name) for name in wanted})

    def _onProgress(self, fraction, message):
        self._ui.measureProgressBar.value = round(fraction * self._ui.measureProgressBar.maximum)
        left = timeLeft(fraction, time.monotonic() - self._started)
        self._ui.measureProgressLabel.text = f"{message}, {left}" if left else message

    def _onFinished(self, tableNode):
        self._showRunning(False)
        self._parameters.measures = tableNode
        self._ui.measureStatusLabel.text = _("{count} muscles and groups were measured.").format(
            count=tableNode.GetNumberOfRows()
        )
        self.showMeasures()

    def _onFailed(self, sentence, details):
        self._showRunning(False)
        self._ui.measureStatusLabel.text = _("Measuring failed. The scene is as it was.")
        showError(sentence, details)

    def _onCancelled(self):
        self._showRunning(False)
        self._ui.measureStatusLabel.text = _("Cancelled. The scene is as it was.")

    def _showRunning(self, running):
        self._ui.measuringWidget.visible = running
        self._ui.measureButton.visible = not running
        self.update()
