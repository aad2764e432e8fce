"""Tables as MRML nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import slicer
from vtkmodules.util.numpy_support import numpy_to_vtk
from vtkmodules.vtkCommonCore import vtkAbstractArray, vtkStringArray
from vtkmodules.vtkCommonDataModel import vtkTable

from MuscleSegLib.biomarkers.columns import unit_of

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.report.side_table import SideTable


def updateTableNode(tableNode: slicer.vtkMRMLTableNode, measurements: Measurements) -> None:
    """Show measures in a table node: the columns and numbers of the CSV file, with units.

    Args:
        tableNode: Whatever it held is replaced.
        measurements: What to show.
    """
    setTable(tableNode, measurements.signed(measurements.muscles))


def setSideTable(tableNode: slicer.vtkMRMLTableNode, table: SideTable) -> None:
    """Show a table of a report: a muscle a row, which its name heads, right beside left.

    What it means is the node's description.
    """
    headings = [f"{column.measure} {column.side}".rstrip() for column in table.columns]
    rows = [[row.name, *row.cells] for row in table.rows]
    setTable(tableNode, pd.DataFrame(rows, columns=["Muscle", *headings]))
    tableNode.SetUseFirstColumnAsRowHeader(True)
    tableNode.SetDescription(table.explanation)


def setTable(tableNode: slicer.vtkMRMLTableNode, frame: pd.DataFrame) -> None:
    """Fill a table node from a data frame, all at once: numbers with all their digits, truth values as yes and no."""
    table = vtkTable()
    for name in frame.columns:
        table.AddColumn(_column(frame[name]))
    modified = tableNode.StartModify()
    try:
        tableNode.SetAndObserveTable(table)
        tableNode.SetUseColumnTitleAsColumnHeader(True)
        tableNode.SetLocked(True)
        for name in frame.columns:
            if unit := unit_of(str(name)):
                tableNode.SetColumnUnitLabel(str(name), unit)
    finally:
        tableNode.EndModify(modified)


def _column(values: pd.Series) -> vtkAbstractArray:
    if pd.api.types.is_bool_dtype(values):
        values = values.map({True: "yes", False: "no"})
    if pd.api.types.is_numeric_dtype(values):
        array = numpy_to_vtk(values.to_numpy(), deep=True)
    else:
        array = vtkStringArray()
        for value in values:
            array.InsertNextValue(str(value))
    array.SetName(str(values.name))
    return array
