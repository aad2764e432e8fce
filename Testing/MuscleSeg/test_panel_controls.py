"""Every control can be reached by the keyboard, says what it is for, and can be translated."""

import ast
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6 import QtCore, QtWidgets

MODULE = Path(__file__).parents[2] / "MuscleSeg"
PANEL = MODULE / "Resources" / "UI" / "MuscleSeg.ui"
#: What a person operates, by class.
OPERATED = ("QComboBox", "QPushButton", "QListWidget", "QTableWidget", "QTreeWidget", "ctkPathLineEdit")
OPERATED += ("qMRMLNodeComboBox", "qMRMLCheckableNodeComboBox")
OPERATED += ("QCheckBox", "QSpinBox", "QDoubleSpinBox", "QLineEdit", "QSlider")


def widgets(kinds=None):
    return [
        widget for widget in ElementTree.parse(PANEL).iter("widget") if kinds is None or widget.get("class") in kinds
    ]


def value(widget, name):
    return widget.find(f"property[@name='{name}']/*")


@pytest.fixture(scope="module")
def controls():
    found = widgets(OPERATED)
    assert found
    return found


def test_every_control_has_a_tooltip(controls):
    for control in controls:
        assert value(control, "toolTip") is not None, control.get("name")


def test_every_field_has_a_label_with_a_letter_that_leads_to_it(controls):
    buddies = {value(label, "buddy").text: label for label in widgets(("QLabel",)) if value(label, "buddy") is not None}
    for control in controls:
        name = control.get("name")
        named = buddies.get(name, control if control.get("class") in ("QPushButton", "QCheckBox") else None)
        if named is None or "&" not in (value(named, "text").text or ""):
            assert value(control, "accessibleName") is not None, name


def test_no_letter_is_used_twice():
    letters = []
    for widget in widgets(("QLabel", "QPushButton")):
        text = value(widget, "text")
        if text is not None and text.text and "&" in text.text:
            letters.append(text.text[text.text.index("&") + 1].lower())

    assert sorted(letters) == sorted(set(letters))


def test_every_control_is_reached_with_tab(panel):
    root = panel.parent._qt
    for section in root.findChildren(QtWidgets.QAbstractButton):
        if section.metaObject().className().endswith("CollapsibleButton") or hasattr(section, "setCollapsed"):
            section.setCollapsed(False)
    root.show()
    reached, current = set(), root
    for _ in range(500):
        current = current.nextInFocusChain()
        reached.add(current)
    for control in widgets(OPERATED):
        widget = root.findChild(QtWidgets.QWidget, control.get("name"))
        focus = widget.focusProxy() or widget
        assert focus.focusPolicy() & QtCore.Qt.FocusPolicy.TabFocus, control.get("name")
        assert widget in reached, control.get("name")


def test_every_sentence_of_the_panel_can_be_translated():
    """A text that a person reads goes through ``tr``: what is shown is never put together from bare literals."""
    shown = {"text", "toolTip", "windowTitle", "informativeText", "setText", "setToolTip", "addButton", "InputError"}
    bare = []
    for path in [MODULE / "MuscleSeg.py", *sorted((MODULE / "MuscleSegModule").glob("*.py"))]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            values = []
            if isinstance(node, ast.Assign):
                names = {target.attr for target in node.targets if isinstance(target, ast.Attribute)}
                values = [node.value] if names & shown else []
            elif isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                values = node.args if name in shown else []
            bare += [
                f"{path.name}:{literal.lineno} {literal.value!r}"
                for literal in values
                if isinstance(literal, ast.Constant) and isinstance(literal.value, str) and literal.value.strip()
            ]
            bare += [f"{path.name}:{literal.lineno}" for literal in values if _has_words(literal)]

    assert bare == []


def _has_words(literal):
    return isinstance(literal, ast.JoinedStr) and any(
        isinstance(part, ast.Constant) and any(character.isalpha() for character in part.value)
        for part in literal.values
    )
