"""What changed since earlier visits: the table of it, made of tables of measures."""

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError, MuscleSegError
from MuscleSegModule.measure_nodes import addTable, measurementsOf, referredBy

#: The measures of the earlier visits, and the table of the changes.
_EARLIER, _CHANGES = "MuscleSeg.Earlier", "MuscleSeg.Changes"
_RETEST_SETTING = "MuscleSeg/RetestFile"


def earlierVisitsOf(tableNode):
    """The tables of the earlier visits that a table of measures is compared with, without those that were removed."""
    return referredBy(tableNode, _EARLIER)


def setEarlierVisits(tableNode, earlierNodes):
    """Say with which tables a table of measures is compared; it refers to them, so that a saved scene keeps them."""
    tableNode.RemoveNodeReferenceIDs(_EARLIER)
    for node in earlierNodes:
        tableNode.AddNodeReferenceID(_EARLIER, node.GetID())


def changesOf(tableNode):
    """The table of what changed since the last of them; None when there is none."""
    return tableNode.GetNodeReference(_CHANGES)


def retestPath():
    """What ``muscleseg agreement`` made of the user's test–retest scans, for all scenes; None when there is none."""
    path = slicer.app.userSettings().value(_RETEST_SETTING, "")
    return Path(path) if path else None


def setRetestPath(path):
    """Remember, for all scenes, where that file is; empty for none."""
    slicer.app.userSettings().setValue(_RETEST_SETTING, path)


def addEarlier(paths):
    """Put the measures of earlier visits from files into the scene; their table nodes.

    Raises:
        InputError: One is no such file; none was put there then.
    """
    from MuscleSegLib.biomarkers.measurement_files import read_measurements

    visits = [read_measurements(path) for path in paths]
    return [addTable(visit, _name(visit.about.get("scan_date"))) for visit in visits]


def compare(tableNode):
    """Compare a table of measures with those of its earlier visits, if it has any.

    Returns:
        Sentences about what to know before using the numbers.

    Raises:
        MuscleSegError: The visits cannot be compared, or the file of test–retest scans cannot be read; there is no
            table of changes then.
    """
    earlierNodes = earlierVisitsOf(tableNode)
    if not earlierNodes:
        _forget(tableNode)
        return ()
    try:
        table, sentences = _change(tableNode, earlierNodes)
    except MuscleSegError:
        _forget(tableNode)
        raise
    from MuscleSegLib.slicer.tables import setSideTable

    changesNode = changesOf(tableNode)
    if changesNode is None:
        name = slicer.mrmlScene.GenerateUniqueName(_("{table}, changes").format(table=tableNode.GetName()))
        changesNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
        tableNode.SetNodeReferenceID(_CHANGES, changesNode.GetID())
    setSideTable(changesNode, table)
    return sentences


def _name(scanDate):
    return _("Measures of {date}").format(date=scanDate) if scanDate else _("Earlier measures")


def _change(tableNode, earlierNodes):
    """What changed since the last visit, as a table, and what to know of all visits."""
    from MuscleSegLib.biomarkers.follow_up import follow_ups
    from MuscleSegLib.biomarkers.retest import read_retest
    from MuscleSegLib.report.change import change_since

    if tableNode in earlierNodes:
        raise InputError(_("One of these is the table that is shown. Choose earlier visits only, or open their files."))
    retest = read_retest(retestPath()) if retestPath() is not None else None
    found = follow_ups([measurementsOf(node) for node in earlierNodes], measurementsOf(tableNode), retest)
    change = change_since(found[-1])
    sentences = [f"{change.title}.", change.table.explanation]
    if len(found) > 1:
        sentences.append(_("The report shows the course over {count} visits.").format(count=len(found) + 1))
    return change.table, (*sentences, *dict.fromkeys(text for one in found for text in one.warnings))


def _forget(tableNode):
    if changesOf(tableNode) is not None:
        slicer.mrmlScene.RemoveNode(changesOf(tableNode))
