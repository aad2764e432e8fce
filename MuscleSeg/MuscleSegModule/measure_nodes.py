"""What was measured, as nodes: the table and all that belongs to it, and how it is found again."""

import json
from dataclasses import replace

import slicer
from slicer.i18n import tr as _

from MuscleSegLib.errors import InputError
from MuscleSegLib.maps.parameter_map import sidecar_path
from MuscleSegLib.slicer.derivation import rememberInputs
from MuscleSegLib.slicer.fingerprints import fingerprint
from MuscleSegLib.slicer.labelled_volumes import labelledVolumeFromSegmentationNodes
from MuscleSegLib.slicer.map_nodes import mapNodeFromFile
from MuscleSegLib.slicer.results import volumeOf
from MuscleSegModule.measure_run import QUALITY_ATTRIBUTE, Sources

#: What a table of measures refers to: all measures as JSON, the same for people, what was measured, its chart, and the
#: table of that; and by quantity the map, and the transform under which the volume lies over it. The map's scale, where
#: it was said, is an attribute.
_MEASURES, _SUMMARY = "MuscleSeg.Measures", "MuscleSeg.Summary"
_SEGMENTATION, _CHART, _PROFILE = "MuscleSeg.Segmentation", "MuscleSeg.Chart", "MuscleSeg.Profile"
_MAP, _TRANSFORM, _SCALE = "MuscleSeg.Map.", "MuscleSeg.Transform.", "MuscleSeg.Scale."
#: By what tables of measures are told from other tables.
TABLE_ATTRIBUTE = "MuscleSeg.Table"
#: What was measured in, and what the measures depend on.
_QUANTITIES, _FINGERPRINT = "MuscleSeg.Quantities", "MuscleSeg.Fingerprint"
#: What the chart shows, the first that was measured.
_CHARTED = ("ff_mean_percent", "t2_mean_ms", "mtr_mean_percent", "area_mm2")


def measurementsOf(tableNode):
    """The measures behind a table.

    Raises:
        InputError: The table was not made here.
    """
    from MuscleSegLib.biomarkers.measurements import Measurements

    textNode = tableNode.GetNodeReference(_MEASURES)
    if textNode is None:
        raise InputError(_("This table was not made by MuscleSeg. Measure again, then save."))
    return Measurements.from_json(textNode.GetText())


def warningsOf(tableNode):
    """Sentences about what to know before using the numbers; they need no packages."""
    textNode = tableNode.GetNodeReference(_MEASURES)
    return json.loads(textNode.GetText())["warnings"] if textNode is not None else []


def summaryOf(tableNode):
    """The table for people that goes with a table: rounded, a muscle a row, right beside left; None when removed."""
    return tableNode.GetNodeReference(_SUMMARY)


def chartOf(tableNode):
    """The chart that goes with a table; None when it was removed."""
    return tableNode.GetNodeReference(_CHART)


def segmentationsOf(tableNode):
    """The segmentations that were measured, without those that were removed."""
    return referredBy(tableNode, _SEGMENTATION)


def segmentedVolumeOf(tableNode):
    """The volume that was segmented; None where it, or what was measured, was removed."""
    nodes = segmentationsOf(tableNode)
    return volumeOf(nodes[0]) if nodes else None


def referredBy(tableNode, role):
    """All nodes that a table refers to in a role, without those that were removed."""
    count = tableNode.GetNumberOfNodeReferences(role)
    nodes = (tableNode.GetNthNodeReference(role, index) for index in range(count))
    return tuple(node for node in nodes if node is not None)


def transformsOf(tableNode):
    """The transform of each map, by quantity, without those that were removed."""
    nodes = {quantity: tableNode.GetNodeReference(_TRANSFORM + quantity) for quantity in _quantities(tableNode)}
    return {quantity: node for quantity, node in nodes.items() if node is not None}


def sourcesOf(tableNode):
    """What the numbers of a table were measured in.

    Raises:
        InputError: A map or a transform was removed.
    """
    found = {}
    for quantity in _quantities(tableNode):
        for role, name in ((_MAP, "Map"), (_TRANSFORM, "Transform")):
            node = tableNode.GetNodeReference(role + quantity)
            if node is None:
                raise InputError(
                    _("What {quantity} was measured with was removed. Press Register and measure.").format(
                        quantity=quantity
                    )
                )
            found[f"{quantity.lower()}{name}"] = node
        found[f"{quantity.lower()}Scale"] = tableNode.GetAttribute(_SCALE + quantity) or ""
    return Sources(**found)


def tableNodeOf(nodes):
    """The table of the measures of a result; None when it was not measured."""
    tables = slicer.util.getNodesByClass("vtkMRMLTableNode")
    return next((table for table in tables if set(segmentationsOf(table)) == set(nodes)), None)


def volumeOfResult(nodes):
    """The volume that was segmented.

    Raises:
        InputError: It was removed.
    """
    volumeNode = volumeOf(nodes[0])
    if volumeNode is None:
        raise InputError(_("The volume that was segmented is not in the scene any more, so nothing can be measured."))
    return volumeNode


def labelsOf(nodes):
    """The muscles of a result as they are now."""
    return labelledVolumeFromSegmentationNodes(nodes, volumeOfResult(nodes))


def isCurrent(tableNode):
    """Whether the muscles, and the transforms to the maps, are still as they were measured."""
    measured = tableNode.GetAttribute(_FINGERPRINT)
    if measured is None or segmentedVolumeOf(tableNode) is None:
        return True  # There is nothing to compare with.
    return fingerprint(labelsOf(segmentationsOf(tableNode)), list(transformsOf(tableNode).values())) == measured


def qualityOf(transformNode):
    """How a registration went, as ``muscleseg register`` says; None for a transform of the user's own."""
    text = transformNode.GetAttribute(QUALITY_ATTRIBUTE)
    return None if text is None else json.loads(text)


def addMeasures(run, nodeIds, labels, whose):
    """Put what was measured into the scene: maps, transforms, table and chart, and all of it as text for a report.

    Args:
        run: The :class:`~MuscleSegModule.measure_run.MeasureRun`, which has ended well.
        nodeIds: The segmentations that were measured.
        labels: Their muscles as they were measured.
        whose: What the measures say of the patient: ``pseudonym`` and ``scan_date``.

    Returns:
        The table node: the one that there was of these segmentations, else a new one.

    Raises:
        MuscleSegError: The segmentation was removed meanwhile, or something cannot be read.
    """
    from MuscleSegLib.biomarkers.measurement_files import read_measurements

    nodes = [node for node in map(slicer.mrmlScene.GetNodeByID, nodeIds) if node is not None]
    if len(nodes) < len(nodeIds):
        raise InputError(_("The segmentation was removed while it was measured, so the measures were not kept."))
    measurements = read_measurements(run.measures)
    volumeNode = volumeOfResult(nodes)
    for one in run.maps:
        _addMap(one, volumeNode, run.names)
    _addTransforms(run.maps, volumeNode)
    measurements = replace(
        measurements, about=measurements.about | whose | _inputs(measurements, run, nodes, volumeNode)
    )
    tableNode = tableNodeOf(nodes)
    if tableNode is None:
        tableNode = addTable(measurements, _("{volume} muscle measures").format(volume=volumeNode.GetName()))
        for node in nodes:
            tableNode.AddNodeReferenceID(_SEGMENTATION, node.GetID())
    else:
        _fill(tableNode, measurements)
    _showProfiles(tableNode, measurements, labels)
    tableNode.SetAttribute(_QUANTITIES, " ".join(one.quantity for one in run.maps))
    for one in run.maps:
        tableNode.SetNodeReferenceID(_MAP + one.quantity, one.node.GetID())
        tableNode.SetNodeReferenceID(_TRANSFORM + one.quantity, one.transformNode.GetID())
        tableNode.SetAttribute(_SCALE + one.quantity, one.scale or None)
    tableNode.SetAttribute(_FINGERPRINT, fingerprint(labels, [one.transformNode for one in run.maps]))
    return tableNode


def addTable(measurements, name):
    """Put measures into the scene as a table, which is returned."""
    tableNode = slicer.vtkMRMLTableNode()
    tableNode.SetName(slicer.mrmlScene.GenerateUniqueName(name))
    # Before it is in the scene: what a selector does not offer then, it lists later, but without a box to tick.
    tableNode.SetAttribute(TABLE_ATTRIBUTE, "measures")
    tableNode = slicer.mrmlScene.AddNode(tableNode)
    _fill(tableNode, measurements)
    return tableNode


def sign(tableNode, pseudonym, scanDate):
    """Say in a table whose measures they are, and of when.

    Raises:
        InputError: The pseudonym cannot stand in a table, or the date is none.
    """
    from MuscleSegLib.biomarkers.whose import check_whose

    check_whose(pseudonym, scanDate)
    measurements = measurementsOf(tableNode)
    about = measurements.about | {"pseudonym": pseudonym, "scan_date": scanDate}
    if about != measurements.about:
        _fill(tableNode, replace(measurements, about=about))


def _fill(tableNode, measurements):
    """Show measures in a table, and in what belongs to it."""
    from MuscleSegLib.report.side_table import measures_table
    from MuscleSegLib.slicer.tables import setSideTable, updateTableNode

    updateTableNode(tableNode, measurements)
    _belonging(tableNode, _MEASURES, "vtkMRMLTextNode", _("{table}, all")).SetText(measurements.to_json())
    summary = _belonging(tableNode, _SUMMARY, "vtkMRMLTableNode", _("{table}, right and left"))
    setSideTable(summary, measures_table(measurements.muscles, measurements.about.get("g20_expected_error", "")))


def _showProfiles(tableNode, measurements, labels):
    """Show a measure along the limb in the chart of a table."""
    from MuscleSegLib.slicer.profile_charts import profileMeasures, updateProfileChart

    charted = next(name for name in _CHARTED if name in profileMeasures(measurements))
    chartNode = _belonging(tableNode, _CHART, "vtkMRMLPlotChartNode", _("{table}, along the limb"))
    profileNode = _belonging(tableNode, _PROFILE, "vtkMRMLTableNode", _("{table}, profiles"))
    updateProfileChart(chartNode, profileNode, measurements, labels, charted)


def _belonging(tableNode, role, className, name):
    """The node that a table refers to, made where there is none."""
    node = tableNode.GetNodeReference(role)
    if node is None:
        name = slicer.mrmlScene.GenerateUniqueName(name.format(table=tableNode.GetName()))
        node = slicer.mrmlScene.AddNewNodeByClass(className, name)
        tableNode.SetNodeReferenceID(role, node.GetID())
    return node


def _quantities(tableNode):
    return (tableNode.GetAttribute(_QUANTITIES) or "").split()


def _inputs(measurements, run, nodes, volumeNode):
    """What was measured, by the names of its nodes: those of the run's files say nothing."""
    inputs = {"labels": ", ".join(node.GetName() for node in nodes), "segmented image": volumeNode.GetName()}
    for one in run.maps:
        inputs |= {one.quantity: one.node.GetName(), f"{one.quantity} transform": one.transformNode.GetName()}
    names = run.names | {one.path.name: one.node.GetName() for one in run.maps}
    made = measurements.about["maps"].items()
    maps = {quantity: about | {"inputs": _named(about.get("inputs", {}), names)} for quantity, about in made}
    return {"inputs": inputs, "maps": maps}


def _named(inputs, names):
    """File names by role, those of the run replaced by the names of their nodes."""
    return {role: names.get(file, file) for role, file in inputs.items()}


def _addMap(one, volumeNode, names):
    """Add a map that was computed."""
    if one.node is None:
        sidecar = sidecar_path(one.path)
        made = json.loads(sidecar.read_text(encoding="utf-8"))
        made["inputs"] = _named(made["inputs"], names)
        sidecar.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        name = _("{volume} {quantity}").format(volume=volumeNode.GetName(), quantity=one.quantity)
        one.node = mapNodeFromFile(one.path, slicer.mrmlScene, slicer.mrmlScene.GenerateUniqueName(name))
        rememberInputs(one.node, one.inputs, one.file)


def _addTransforms(maps, volumeNode):
    """Add the transforms that were found: one for all maps of a grid."""
    from MuscleSegLib.registration import read_transform
    from MuscleSegLib.registration.quality_file import quality_path
    from MuscleSegLib.slicer.transforms import transformNodeFromTransform

    found = {}
    for one in maps:
        if one.transformNode is None:
            if one.transformPath not in found:
                name = _("{volume} over {quantity}").format(volume=volumeNode.GetName(), quantity=one.quantity)
                node = transformNodeFromTransform(
                    read_transform(one.transformPath), slicer.mrmlScene, slicer.mrmlScene.GenerateUniqueName(name)
                )
                node.SetAttribute(QUALITY_ATTRIBUTE, quality_path(one.transformPath).read_text(encoding="utf-8"))
                found[one.transformPath] = node
            one.transformNode = found[one.transformPath]
            rememberInputs(one.transformNode, registrationInputs(volumeNode, one))


def registrationInputs(volumeNode, one):
    """What a registration is made from, as :func:`MuscleSegLib.slicer.derivation.rememberInputs` keeps it."""
    return {"Moving": volumeNode, f"Fixed.{one.quantity}": one.fixedNode}
