"""The panel's .ui file loads in Qt and has what the module asks of it."""

import ast
import os
from pathlib import Path
from xml.etree import ElementTree

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
QtWidgets = pytest.importorskip("PySide6.QtWidgets")
QtUiTools = pytest.importorskip("PySide6.QtUiTools")

MODULE = Path(__file__).parents[2] / "MuscleSeg"
PANEL = MODULE / "Resources" / "UI" / "MuscleSeg.ui"


@pytest.fixture(scope="module")
def panel():
    """The panel in real Qt; plain widgets take the places of those that only Slicer has."""
    application = QtWidgets.QApplication.instance() or QtWidgets.QApplication([])
    loader = QtUiTools.QUiLoader()
    for custom in ElementTree.parse(PANEL).iter("customwidget"):
        loader.registerCustomWidget(type(custom.findtext("class"), (QtWidgets.QWidget,), {}))
    widget = loader.load(str(PANEL))
    assert widget is not None, loader.errorString()
    yield widget
    widget.deleteLater()
    application.processEvents()


def widgets_of_the_module():
    """The names that the module reads as ``self.ui.<name>``."""
    tree = ast.parse((MODULE / "MuscleSeg.py").read_text(encoding="utf-8"))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == "ui"
    }


def test_the_panel_has_every_widget_the_module_uses(panel):
    for name in widgets_of_the_module():
        assert panel.findChild(QtWidgets.QWidget, name) is not None, name


def test_nothing_can_be_segmented_before_a_volume_is_chosen(panel):
    assert not panel.findChild(QtWidgets.QPushButton, "segmentButton").isEnabled()


def test_labels_lead_to_what_they_name(panel):
    for name in ("volume", "region", "model"):
        label = panel.findChild(QtWidgets.QLabel, f"{name}Label")
        assert "&" in label.text()
        assert label.buddy() is not None


def test_what_is_to_be_understood_has_a_tooltip(panel):
    for name in widgets_of_the_module() - {"statusLabel"}:
        assert panel.findChild(QtWidgets.QWidget, name).toolTip()
