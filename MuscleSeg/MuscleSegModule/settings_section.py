"""The section that says what is installed: models, Python packages, versions."""

import ctk
import qt
from slicer.i18n import tr as _

from MuscleSegLib import __version__
from MuscleSegModule.bindings import PathEdit
from MuscleSegModule.changes import retestPath, setRetestPath
from MuscleSegModule.error_dialogs import errorsShown
from MuscleSegModule.models import foundModels
from MuscleSegModule.packages import ensurePackages, missingPackages


class SettingsSection:
    """Models folder, packages, version and checksums; the same in every scene.

    Args:
        ui: The panel's widgets.
        logic: What knows the models folder.
        onModelsChanged: Called when another models folder was chosen.
        onPackagesChanged: Called when packages were installed.
        onRetestChanged: Called when another file of test–retest scans was chosen.
    """

    def __init__(self, ui, logic, onModelsChanged, onPackagesChanged, onRetestChanged):
        self._ui = ui
        self._logic = logic
        self._onModelsChanged = onModelsChanged
        self._onPackagesChanged = onPackagesChanged
        self._onRetestChanged = onRetestChanged
        self._folder, self._retestFile = PathEdit(ui.modelsPathEdit), PathEdit(ui.retestPathEdit)
        self._folder.value, self._retestFile.value = str(logic.modelsFolder() or ""), str(retestPath() or "")
        ui.modelsPathEdit.filters = ctk.ctkPathLineEdit.Dirs
        ui.retestPathEdit.filters = ctk.ctkPathLineEdit.Files
        ui.versionLabel.text = _("MuscleSeg {version}").format(version=__version__)
        self._folder.connect(self._onFolderChanged)
        self._retestFile.connect(self._onRetestFileChanged)
        ui.packagesButton.connect("clicked(bool)", self._onPackages)
        self.showModels()
        self.showPackages()

    def showModels(self):
        """List the models there are, with the checksums of their weights; say which were left out."""
        tree = self._ui.modelsTree
        tree.clear()
        found = foundModels(self._logic.modelsFolder())
        for card in found.cards:
            item = qt.QTreeWidgetItem(tree)
            for column, text in enumerate((card.name, card.version, card.weights.sha256[:12] + "…")):
                item.setText(column, text)
            item.setToolTip(0, card.title)
            item.setToolTip(2, card.weights.sha256)
        self._ui.modelsNoteLabel.text = "\n".join(found.problems)
        self._ui.modelsNoteLabel.visible = bool(found.problems)
        for column in range(3):
            tree.resizeColumnToContents(column)

    def showPackages(self):
        """Say which packages are missing, those that measuring needs among them."""
        missing = [*missingPackages(), *missingPackages("measure")]
        self._ui.packagesNoteLabel.text = (
            _("Missing: {packages}.").format(packages=", ".join(missing)) if missing else _("All are installed.")
        )

    def _onFolderChanged(self):
        self._logic.setModelsFolder(self._folder.value)
        self.showModels()
        self._onModelsChanged()

    def _onRetestFileChanged(self):
        setRetestPath(self._retestFile.value)
        self._onRetestChanged()

    def _onPackages(self, _checked=False):
        with errorsShown():
            if ensurePackages():
                ensurePackages("measure")
        self.showPackages()
        self._onPackagesChanged()
