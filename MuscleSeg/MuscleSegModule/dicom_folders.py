"""Folders of DICOM files: of a series, asked for where Slicer does not know it, and to write results to."""

from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from MuscleSegLib.segmentation.dicom_series import path_of_series, path_to, series_in


def askSeries(volumeNode):
    """The DICOM series that a volume was loaded from, as ``muscleseg`` takes it; empty when the person cancels.

    A person is asked where it was not loaded from Slicer's DICOM database, or is not there any more.

    Raises:
        InputError: A file in the folder that was chosen is damaged.
    """
    return _seriesLoaded(volumeNode) or askSeriesFolder(_("Choose the folder of the DICOM series that was segmented"))


def askSeriesFolder(title, together=""):
    """The folder of a series, and of several in it the one that is meant, as ``muscleseg`` takes it.

    Args:
        title: What is asked for.
        together: What all series of a folder are together, to be chosen as well as one of them; empty for nothing.

    Returns:
        Empty when the person cancels.

    Raises:
        InputError: A file in the folder that was chosen is damaged.
    """
    chosen = _askFolder(title)
    found = series_in(Path(chosen)) if chosen else []
    if len(found) < 2:
        return chosen  # If there is none, the command says so.
    paths = {_seriesTitle(series): path_to(series, Path(chosen), found) for series in found}
    return _askWhich(paths | ({together: chosen} if together else {}))


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


def _seriesTitle(series):
    return _("{number}: {description} ({count} images)").format(
        number=series.number or "–", description=series.description, count=len(series.files)
    )


def _askWhich(paths):
    """The path of the title that the person chooses; empty when they cancel."""
    dialog = qt.QInputDialog(slicer.util.mainWindow())
    dialog.windowTitle = _("MuscleSeg")
    dialog.setLabelText(_("The folder holds several DICOM series. Which one is it?"))
    dialog.setOption(qt.QInputDialog.UseListViewForComboBoxItems)
    dialog.setComboBoxItems(list(paths))
    dialog.setTextValue(next(iter(paths)))
    accepted = dialog.exec_()
    dialog.deleteLater()  # Else the main window keeps it.
    return paths[dialog.textValue()] if accepted else ""


def _askFolder(title):
    return qt.QFileDialog.getExistingDirectory(slicer.util.mainWindow(), title)
