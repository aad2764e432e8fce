"""What was measured, as a person sees it: the table, what to know, the plot, and what is saved of it."""

from html import escape
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegModule.changes_view import ChangesView
from MuscleSegModule.dicom_folders import askResultsFolder, askSeries
from MuscleSegModule.error_dialogs import errorsShown, showError
from MuscleSegModule.measure_nodes import chartOf, segmentedVolumeOf, summaryOf, warningsOf
from MuscleSegModule.narrow_table import showTable
from MuscleSegModule.remeasuring import Remeasuring
from MuscleSegModule.saving import TABLES
from MuscleSegModule.views import showChart


class MeasuresView:
    """The table that is shown, kept up to date.

    Args:
        ui: The panel's widgets.
        remeasuring: What measures again after an edit.
        saving: What saves.
        say: Called with a sentence for the user, which may hold a link.
    """

    def __init__(self, ui, remeasuring, saving, say):
        self._ui = ui
        self._saving = saving
        self._say = say
        self._tableNode = None
        self._changes = ChangesView(ui)
        self._remeasuring = Remeasuring(remeasuring, self._onRemeasured)
        self._tips = {button: button.toolTip for button in self._buttons}
        ui.plotButton.connect("clicked(bool)", self._onPlot)
        ui.exportCsvButton.connect("clicked(bool)", self._onExportTable)
        ui.exportHtmlButton.connect("clicked(bool)", self._onExportHtml)
        ui.exportPdfButton.connect("clicked(bool)", self._onExportPdf)
        ui.exportDicomButton.connect("clicked(bool)", self._onExportDicom)
        self.show(None)

    def show(self, tableNode):
        """Show a table and keep it up to date; None: nothing."""
        self._tableNode = tableNode
        self._remeasuring.watch(tableNode)
        self.refresh()

    def refresh(self):
        """Show the table as it is now, and what to know before using it."""
        ui, tableNode = self._ui, self._tableNode
        ui.measuresWidget.visible = tableNode is not None
        summary = summaryOf(tableNode) if tableNode is not None else None
        showTable(ui.measuresTable, summary)
        ui.measuresNoteLabel.text = (summary.GetDescription() or "") if summary is not None else ""
        ui.measuresNoteLabel.visible = bool(ui.measuresNoteLabel.text)
        ui.measureWarningsList.clear()
        for text in warningsOf(tableNode) if tableNode is not None else ():
            ui.measureWarningsList.addItem(text)
        ui.measureWarningsList.visible = ui.measureWarningsList.count > 0
        self._changes.show(tableNode)
        self._showFreshness()

    def pause(self):
        """Measure nothing again until a table is shown: all of it is measured anew."""
        self._remeasuring.stop()

    def stop(self):
        """Measure and save nothing any more."""
        self._remeasuring.stop()
        self._saving.abandon()

    @property
    def _buttons(self):
        ui = self._ui
        return ui.exportCsvButton, ui.exportHtmlButton, ui.exportPdfButton, ui.exportDicomButton

    def _showFreshness(self):
        note = self._remeasuring.note
        self._ui.freshnessLabel.text = note
        self._ui.freshnessLabel.visible = bool(note)
        for button in self._buttons:
            button.enabled = not note
            button.toolTip = note or self._tips[button]

    def _onRemeasured(self):
        if self._remeasuring.note:
            self._showFreshness()
        else:
            self.refresh()

    def _onPlot(self, _checked=False):
        with errorsShown():
            chartNode = chartOf(self._tableNode)
            if chartNode is None:
                raise InputError(_("The plot was deleted from the scene. Press Register and measure to make it again."))
            showChart(chartNode)

    def _onExportTable(self, _checked=False):
        self._export(_("Save the table"), TABLES)

    def _onExportHtml(self, _checked=False):
        self._export(_("Save the report"), (".html",))

    def _onExportPdf(self, _checked=False):
        self._export(_("Save the report"), (".pdf",))

    def _onExportDicom(self, _checked=False):
        with errorsShown():
            volumeNode = segmentedVolumeOf(self._tableNode)
            if volumeNode is None:
                raise InputError(_("What was measured is not in the scene any more. Save the report as HTML or PDF."))
            series = askSeries(volumeNode)
            folder = askResultsFolder() if series else None
            if folder is not None:
                self._save(folder, series)

    def _export(self, title, suffixes):
        filters = ";;".join(f"(*{suffix})" for suffix in suffixes)
        path = qt.QFileDialog.getSaveFileName(slicer.util.mainWindow(), title, f"muscles{suffixes[0]}", filters)
        if path:
            path = Path(path)
            with errorsShown():
                self._save(path if path.suffix in suffixes else path.with_suffix(suffixes[0]))

    def _save(self, path, series=""):
        self._saving.save(self._tableNode, path, series=series, onFinished=self._onSaved, onFailed=showError)

    def _onSaved(self, path):
        link = f'<a href="{path.absolute().as_uri()}">{escape(str(path))}</a>'
        self._say(_("Saved as {path}.").format(path=link))
