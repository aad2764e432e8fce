"""What changed since an earlier visit: the table of it, made of two tables of measures."""

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError, MuscleSegError
from MuscleSegModule.measure_nodes import addTable, measurementsOf

#: The measures of the earlier visit, and the table of the changes.
_EARLIER, _CHANGES = "MuscleSeg.Earlier", "MuscleSeg.Changes"
_RETEST_SETTING = "MuscleSeg/RetestFile"


def earlierOf(tableNode):
    """The table of the earlier visit that a table of measures is compared with; None when there is none."""
    return tableNode.GetNodeReference(_EARLIER)


def changesOf(tableNode):
    """The table of what changed since then; None when there is none."""
    return tableNode.GetNodeReference(_CHANGES)


def retestPath():
    """What ``muscleseg agreement`` made of the user's test–retest scans, for all scenes; None when there is none."""
    path = slicer.app.userSettings().value(_RETEST_SETTING, "")
    return Path(path) if path else None


def setRetestPath(path):
    """Remember, for all scenes, where that file is; empty for none."""
    slicer.app.userSettings().setValue(_RETEST_SETTING, path)


def addEarlier(path):
    """Put the measures of an earlier visit from a file into the scene; its table node.

    Raises:
        InputError: It is no such file.
    """
    from MuscleSegLib.biomarkers.measurement_files import read_measurements

    measurements = read_measurements(path)
    date = measurements.about.get("scan_date")
    return addTable(measurements, _("Measures of {date}").format(date=date) if date else _("Earlier measures"))


def compare(tableNode, earlierNode):
    """Compare a table of measures with that of an earlier visit, or with none any more.

    Args:
        tableNode: The measures now; it refers to both, so that a saved scene keeps them.
        earlierNode: The measures then; None to compare with nothing.

    Returns:
        Sentences about what to know before using the numbers.

    Raises:
        MuscleSegError: The visits cannot be compared, or the file of test–retest scans cannot be read; there is no
            table of changes then.
    """
    tableNode.SetNodeReferenceID(_EARLIER, earlierNode.GetID() if earlierNode is not None else None)
    try:
        change, warnings = _change(tableNode, earlierNode) if earlierNode is not None else (None, ())
    except MuscleSegError:
        _forget(tableNode)
        raise
    if change is None:
        _forget(tableNode)
        return ()
    from MuscleSegLib.slicer.tables import setSideTable

    changesNode = changesOf(tableNode)
    if changesNode is None:
        name = slicer.mrmlScene.GenerateUniqueName(_("{table}, changes").format(table=tableNode.GetName()))
        changesNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
        tableNode.SetNodeReferenceID(_CHANGES, changesNode.GetID())
    setSideTable(changesNode, change.table)
    return (change.title + ".", change.table.explanation, *warnings)


def _change(tableNode, earlierNode):
    from MuscleSegLib.biomarkers.follow_up import follow_up
    from MuscleSegLib.biomarkers.retest import read_retest
    from MuscleSegLib.report.change import change_since

    if earlierNode is tableNode:
        raise InputError(_("This is the table that is shown. Choose that of an earlier visit, or open its file."))
    retest = read_retest(retestPath()) if retestPath() is not None else None
    found = follow_up(measurementsOf(earlierNode), measurementsOf(tableNode), retest)
    return change_since(found), found.warnings


def _forget(tableNode):
    if changesOf(tableNode) is not None:
        slicer.mrmlScene.RemoveNode(changesOf(tableNode))
