"""The folders that DICOM results need: of the series, asked for where Slicer does not know it, and to write to."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.segmentation.dicom_series import path_of_series


def askSeries(volumeNode):
    """The DICOM series that a volume was loaded from, as ``muscleseg`` takes it; empty when the person cancels.

    A person is asked where it was not loaded from Slicer's DICOM database, or is not there any more.
    """
    return _seriesLoaded(volumeNode) or _askFolder(_("Choose the folder of the DICOM series that was segmented"))


def askResultsFolder():
    """Where DICOM results are to be written; None when the person cancels, or would rather keep what is there."""
    from MuscleSegLib.report.dicom_files import dicom_paths

    chosen = _askFolder(_("Choose a folder for the DICOM results"))
    if not chosen:
        return None
    there = [path.name for path in dicom_paths(Path(chosen)) if path.exists()]
    question = _("The folder holds {files} already. Replace what is there?").format(files=", ".join(there))
    if there and not slicer.util.confirmOkCancelDisplay(question, windowTitle=_("MuscleSeg")):
        return None
    return Path(chosen)


def _seriesLoaded(volumeNode):
    """As Slicer's plugins for DICOM say of a volume; empty where they do not."""
    instances = (volumeNode.GetAttribute("DICOM.instanceUIDs") or "").split()
    database = slicer.app.dicomDatabase()
    return path_of_series(Path(database.fileForInstance(instance)) for instance in instances)


def _askFolder(title):
    return qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title)
