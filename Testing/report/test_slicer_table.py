"""Tests that the table in Slicer has the numbers of the report."""

import math
from collections.abc import Callable

import slicer

from MuscleSegLib.biomarkers import Measurements
from MuscleSegLib.report.columns import measure_columns
from MuscleSegLib.report.content import Report
from MuscleSegLib.slicer.scene import CoreApplication
from MuscleSegLib.slicer.tables import updateTableNode


def _column(node: slicer.vtkMRMLTableNode, name: str) -> Callable[[int], float]:
    array = node.GetTable().GetColumnByName(name)
    return lambda row: array.GetVariantValue(row).ToDouble()


def test_the_table_node_has_every_number_of_the_report(measurements: Measurements, report: Report) -> None:
    node = CoreApplication.start().scene.AddNewNodeByClass("vtkMRMLTableNode")
    updateTableNode(node, measurements)
    columns = measure_columns(measurements.muscles)
    texts = {
        heading: [row[n] for row in report.all_measures.rows] for n, heading in enumerate(report.all_measures.headings)
    }
    assert node.GetNumberOfRows() == len(report.all_measures.rows) == len(measurements.muscles)
    for column in columns:
        value = _column(node, column.name)
        for row, exact in enumerate(measurements.muscles[column.name]):
            assert value(row) == exact or (math.isnan(value(row)) and math.isnan(exact))
            assert column.text(value(row)) == texts[column.heading][row]
        assert node.GetColumnUnitLabel(column.name) == column.unit_text
