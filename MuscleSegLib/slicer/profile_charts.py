"""Profiles along the limb as Slicer's plots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import slicer

from MuscleSegLib.biomarkers.columns import unit_of
from MuscleSegLib.slicer.tables import setTable

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

_POSITION = "position_mm"
#: The left limb is drawn with another line than the right one.
_LINES = {"left": slicer.vtkMRMLPlotSeriesNode.LineStyleDash}


def profileMeasures(measurements: Measurements) -> tuple[str, ...]:
    """What a profile can show: columns of it, e.g. ``area_mm2`` and ``ff_mean_percent``."""
    names = list(measurements.profile.columns)
    return tuple(names[names.index(_POSITION) + 1 :])


def updateProfileChart(
    chartNode: slicer.vtkMRMLPlotChartNode,
    tableNode: slicer.vtkMRMLTableNode,
    measurements: Measurements,
    labels: LabelledVolume,
    measure: str,
) -> None:
    """Show a measure along the limb, one line for each muscle and side; groups of muscles have none.

    Args:
        chartNode: Its lines are changed, added and removed as needed; their nodes stay with their muscles.
        tableNode: Gets the numbers: a row for each position, a column for each muscle, with the unit.
        measurements: What to show.
        labels: Gives the colours.
        measure: One of :func:`profileMeasures`.
    """
    scene = chartNode.GetScene()
    profile = measurements.profile[measurements.profile["kind"] == "muscle"]
    profile = profile.assign(title=(profile["name"] + " " + profile["side"]).str.rstrip())
    wide = profile.pivot(index=_POSITION, columns="title", values=measure)
    titles = list(dict.fromkeys(profile["title"]))
    unit = unit_of(measure)
    columns = {title: f"{title}, {unit}" if unit else title for title in titles}
    setTable(tableNode, wide[titles].rename(columns=columns).reset_index())
    for column in columns.values():
        tableNode.SetColumnUnitLabel(column, unit)
    lines = {line.GetName(): line for line in _lines(chartNode)}
    colors = {label.title: label.color for label in labels.labels}
    sides = dict(zip(profile["title"], profile["side"], strict=True))
    modified = chartNode.StartModify()
    try:
        chartNode.RemoveAllPlotSeriesNodeIDs()
        for title in titles:
            line = lines.pop(title, None) or scene.AddNewNodeByClass("vtkMRMLPlotSeriesNode", title)
            line.SetAndObserveTableNodeID(tableNode.GetID())
            line.SetXColumnName(_POSITION)
            line.SetYColumnName(columns[title])
            line.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
            line.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone)
            line.SetLineStyle(_LINES.get(sides[title], slicer.vtkMRMLPlotSeriesNode.LineStyleSolid))
            line.SetColor(*(channel / 255 for channel in colors[title]))
            chartNode.AddAndObservePlotSeriesNodeID(line.GetID())
        chartNode.SetXAxisTitle("position along the limb, mm")
        chartNode.SetYAxisTitle(f"{measure.rpartition('_')[0].replace('_', ' ')}, {unit}")
    finally:
        chartNode.EndModify(modified)
    for line in lines.values():
        scene.RemoveNode(line)


def _lines(chartNode: slicer.vtkMRMLPlotChartNode) -> list[slicer.vtkMRMLPlotSeriesNode]:
    return [chartNode.GetNthPlotSeriesNode(n) for n in range(chartNode.GetNumberOfPlotSeriesNodes())]
