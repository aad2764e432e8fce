"""Tables of the scene as a narrow panel shows them."""

from textwrap import fill

import qt

#: How many characters stand beside each other in a heading, and in the name of a row, which stays in sight beside them.
_HEADING, _NAME = 9, 16


def showTable(view, tableNode):
    """Show a table, or none: headings and names over several lines, columns as narrow as what is in them.

    Args:
        view: A ``qMRMLTableView``.
        tableNode: The table; the names are its row header.
    """
    view.setMRMLTableNode(tableNode)
    model = view.model()
    for orientation, count, width in (
        (qt.Qt.Horizontal, model.columnCount(), _HEADING),
        (qt.Qt.Vertical, model.rowCount(), _NAME),
    ):
        for section in range(count):
            model.setHeaderData(section, orientation, fill(str(model.headerData(section, orientation)), width))
    view.horizontalHeader().minimumSectionSize = -1  # The style's: Slicer's table view asks for more.
    view.resizeColumnsToContents()
    view.resizeRowsToContents()
