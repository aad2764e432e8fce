"""The stand-in offers what Slicer's source has, and nothing else: each name is recorded with where it stands."""

import ast
import inspect
import re

import pytest
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

from Testing.slicer_stand_in import load_module, parameter_nodes, running_slicer, scripted_module
from Testing.slicer_stand_in.python_qt import IMPLEMENTATIONS, RECORDS, REPLACEMENTS, StandIn, recorded

CLASSES = sorted(RECORDS)
OF_QT = sorted(name for name, record in RECORDS.items() if record["module"] == "qt")
IN_PYTHON = {
    **{name: getattr(scripted_module, name) for name in RECORDS if name.startswith("ScriptedLoadableModule")},
    "_Wrapper": parameter_nodes._Wrapper,
    "parameterNodeWrapper": parameter_nodes,
}


def meta_object(qt_class):
    """What Qt knows of a class; asked of a class of its own, since PySide6 lets go of those that a panel has used."""
    return type(qt_class.__name__, (qt_class,), {}).staticMetaObject


def has(implementation, class_name, key, kind):
    """Whether a PySide6 class has a recorded member."""
    name = key.removeprefix("static ").partition("(")[0]
    if kind == "property":
        return meta_object(implementation).indexOfProperty(name) >= 0
    return hasattr(implementation, name) or (class_name, name) in REPLACEMENTS


@pytest.mark.parametrize("name", CLASSES)
def test_every_record_says_where_it_stands_and_how_it_reads_there(name):
    record = RECORDS[name]
    where = r"Qt\w+/\w+\.h" if record["module"] == "qt" else r"\w+/\w+:[\w/]+\.(h|cpp|py)"
    assert re.fullmatch(where, record["file"])
    assert record["inherits"] is None or record["inherits"] in RECORDS
    for key, member in record["members"].items():
        word = re.escape(key.removeprefix("static ").partition("(")[0])
        assert re.search(rf"(\b|_){word}\b", member["declaration"]), key
        assert re.fullmatch(where, member.get("file", record["file"]))
        assert record["module"] != "qt" or int(member["line"]) > 0


@pytest.mark.parametrize("name", OF_QT)
def test_what_is_recorded_of_qt_is_in_qt_6_too(name):
    modules = (QtWidgets, QtGui, QtCore, QtUiTools)
    qt_class = next(getattr(module, name) for module in modules if hasattr(module, name))
    for key, member in RECORDS[name]["members"].items():
        assert has(qt_class, name, key, member["kind"]), key
        if member["kind"] == "signal":
            assert meta_object(qt_class).indexOfSignal(key) >= 0, key


@pytest.mark.parametrize("name", sorted(IMPLEMENTATIONS))
def test_all_that_is_recorded_of_ctk_and_slicer_is_stood_in_for(name):
    class_name = name
    while class_name is not None and RECORDS[class_name]["module"] != "qt":
        for key, member in RECORDS[class_name]["members"].items():
            assert has(IMPLEMENTATIONS[name], class_name, key, member["kind"]), f"{class_name}.{key}"
        class_name = RECORDS[class_name]["inherits"]


@pytest.mark.parametrize("name", sorted(IMPLEMENTATIONS))
def test_nothing_is_stood_in_for_that_is_not_recorded(name):
    own = [part for part in IMPLEMENTATIONS[name].__mro__ if part.__module__.startswith("Testing.")]
    of_qt = [part for part in IMPLEMENTATIONS[name].__mro__ if part not in own]
    # With an underscore are the stand-in's own; what overrides Qt is Qt's.
    offered = {key for part in own for key in vars(part) if "_" not in key and key != "staticMetaObject"}
    offered -= {key for key in offered for part in of_qt if hasattr(part, key)}

    keys = set()
    class_name = name
    while class_name is not None:
        keys |= {key.partition("(")[0] for key in RECORDS[class_name]["members"]}
        class_name = RECORDS[class_name]["inherits"]
    assert offered <= keys


@pytest.mark.parametrize("name", sorted(IN_PYTHON))
def test_functions_in_python_take_what_slicers_take(name):
    for key, member in RECORDS[name]["members"].items():
        theirs = ast.parse(f"{member['declaration']}: ...").body[0].args
        if theirs.vararg is not None:
            continue
        ours = inspect.signature(getattr(IN_PYTHON[name], key)).parameters.values()
        names = [parameter.name for parameter in ours if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
        optional = {parameter.name for parameter in ours if parameter.default is not parameter.empty}
        assert names == [argument.arg for argument in theirs.args][: len(names)], key
        assert len(names) >= len(theirs.args) - len(theirs.defaults), key
        assert {argument.arg for argument in theirs.args[len(theirs.args) - len(theirs.defaults) :]} >= optional, key


def test_nothing_is_offered_in_python_that_slicer_has_not():
    for name, offered in IN_PYTHON.items():
        if inspect.isclass(offered):
            functions = {key for key, value in vars(offered).items() if inspect.isfunction(value)}
            helpers = {key for key in functions if key.startswith("_") and not key.startswith("_on")} - {"__init__"}
            in_vtk = {"AddObserver", "RemoveObserver", "StartModify", "EndModify", "Modified"}
            assert functions - helpers - in_vtk <= set(RECORDS[name]["members"]), name


def test_connecting_is_pythonqts():
    for key in ("connect", "disconnect", "className", "help"):
        assert recorded("PythonQt", key) is not None
        assert callable(getattr(StandIn, key))


@pytest.fixture
def qt():
    with running_slicer():
        import qt

        yield qt


@pytest.mark.parametrize(
    "use",
    [
        lambda qt: qt.QNoSuchWidget,
        lambda qt: qt.QPushButton().noSuchProperty,
        lambda qt: setattr(qt.QPushButton(), "noSuchProperty", 1),
        lambda qt: setattr(qt.QPushButton(), "click", 1),
        lambda qt: setattr(qt.QComboBox(), "count", 1),
        lambda qt: qt.QPushButton().connect("noSuchSignal()", print),
        lambda qt: qt.QPushButton().connect("clicked(int)", print),
        lambda qt: qt.QMessageBox.NoSuchButton,
        lambda qt: qt.QPushButton.text,
    ],
)
def test_what_slicer_would_not_find_is_refused(qt, use):
    with pytest.raises(AttributeError):
        use(qt)


@pytest.mark.parametrize(
    ("widget", "text"),
    [
        ('<widget class="QNoSuchWidget" name="w"/>', "QNoSuchWidget"),
        ('<widget class="QLabel" name="w"><property name="noSuch"><string/></property></widget>', "noSuch"),
    ],
)
def test_a_ui_file_with_what_slicer_would_not_know_is_refused(qt, tmp_path, widget, text):
    import slicer

    path = tmp_path / "panel.ui"
    path.write_text(f'<?xml version="1.0"?><ui version="4.0">{widget}</ui>', encoding="utf-8")
    with pytest.raises(AttributeError, match=text):
        slicer.util.loadUI(str(path))


def test_a_signal_passes_as_many_arguments_as_the_function_takes(qt):
    button, heard = qt.QPushButton(), []
    button.connect("clicked(bool)", lambda: heard.append("none"))
    button.connect("clicked(bool)", heard.append)
    button.connect("clicked()", lambda *arguments: heard.append(arguments))
    button.click()

    assert heard == ["none", False, ()]


def test_what_is_disconnected_is_not_called(qt):
    button, heard = qt.QPushButton(), []
    function = heard.append
    button.connect("clicked(bool)", function)

    assert button.disconnect("clicked(bool)", function)
    assert not button.disconnect("clicked(bool)", function)
    button.click()
    assert heard == []


def test_properties_are_attributes_and_children_are_who_they_were(qt):
    widget = qt.QWidget()
    label = qt.QLabel("text", widget)
    label.name = "label"

    assert (label.text, label.objectName) == ("text", "label")
    assert widget.children() == [label] and widget.children()[0] is label


def click_with_a_failing_slot():
    import qt

    def fail():
        raise ZeroDivisionError

    button = qt.QPushButton()
    button.connect("clicked()", fail)
    button.click()


def test_what_goes_wrong_in_a_slot_is_not_lost(capfd):
    with pytest.raises(ZeroDivisionError), running_slicer():
        click_with_a_failing_slot()
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_a_dialog_that_nobody_answers_is_an_error():
    import slicer

    with running_slicer(), pytest.raises(AssertionError, match="Really"):
        slicer.util.confirmYesNoDisplay("Really?")


def test_a_dialog_that_does_not_open_is_an_error():
    with pytest.raises(AssertionError, match="did not open"), running_slicer() as application:
        application.dialogs.will_be_answered(True)


def test_slicer_is_as_it_was_afterwards():
    import slicer

    before = set(vars(slicer))
    with running_slicer():
        assert slicer.app.applicationName == "Slicer"
    assert set(vars(slicer)) == before


MODULE = """
import slicer
from slicer.ScriptedLoadableModule import ScriptedLoadableModule, ScriptedLoadableModuleWidget

events = slicer.events

class Reloaded(ScriptedLoadableModule):
    pass

class ReloadedWidget(ScriptedLoadableModuleWidget):
    def setup(self):
        events.append("set up")

    def cleanup(self):
        events.append("cleaned up")
"""


def test_reloading_a_module_cleans_the_old_panel_up_and_sets_a_new_one_up(tmp_path, monkeypatch):
    import slicer

    path = tmp_path / "Reloaded.py"
    path.write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(slicer, "events", [], raising=False)
    with running_slicer():
        load_module(path)
        first = slicer.modules.reloaded.widgetRepresentation().self()
        first.onReload()
        assert slicer.modules.reloaded.widgetRepresentation().self() is not first
        assert slicer.events == ["set up", "cleaned up", "set up"]
    assert slicer.events[3:] == ["cleaned up"]
