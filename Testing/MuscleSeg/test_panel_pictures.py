"""The sections as a person sees them, in both styles and scalings; ``--basetemp`` says where the pictures go."""

import json

import numpy as np
import pytest
from PySide6 import QtCore, QtGui, QtWidgets
from vtkmodules.util.numpy_support import vtk_to_numpy

from Testing.MuscleSeg.correcting import erase
from Testing.MuscleSeg.held_jobs import MUSCLES
from Testing.MuscleSeg.registered import end_registration
from Testing.MuscleSeg.styles import PANEL_WIDTH, STYLES, apply_style, picture_of

WARNINGS = (
    {
        "kind": "image",
        "text": "The slices are 6.5 mm thick: thin muscles may be found in pieces. Check the ends of each muscle.",
    },
    {
        "kind": "small",
        "text": "The gracilis right is much smaller than its neighbours let expect (1.2 cm³).",
        "label": MUSCLES[3].value,
        "slice": 3,
    },
    {
        "kind": "border",
        "text": "The vastus lateralis left reaches the border of the image; its volume is too small.",
        "label": MUSCLES[4].value,
        "slice": 1,
    },
)


@pytest.fixture
def finished_work(panel, volume, jobs, add_volume, tmp_path):  # noqa: ARG001
    """A result with warnings, of which a muscle was edited, measured in a map and compared with earlier visits."""
    next(job for job in jobs.all if job.arguments == ["devices"]).say("NVIDIA RTX A4000 (CUDA, 16 GiB)")
    panel.ui.segmentButton.click()
    jobs.last.finish(*WARNINGS)
    node = panel.ui.segmentEditor.segmentationNode()
    erase(node, MUSCLES[2], 2)
    panel.panel.correct.refresh()
    panel.panel.update()
    panel.ui.muscleTable.setCurrentCell(3, 0)
    fat_fraction = add_volume("Dixon FF")
    voxels = vtk_to_numpy(fat_fraction.GetImageData().GetPointData().GetScalars())
    voxels[:] = np.random.default_rng(1).normal(14, 4, voxels.size).clip(0, 100)
    panel.ui.ffSourceComboBox.currentIndex = 1
    panel.ui.ffMapSelector.setCurrentNode(fat_fraction)
    panel.ui.pseudonymEdit.text = "A-017"
    panel.ui.measureButton.click()
    end_registration(jobs.all[-1])
    jobs.all[-1].run()
    for visit in earlier_visits(panel, tmp_path):
        panel.ui.earlierSelector.check(visit)
    panel.ui.previewButton.click()
    jobs.all[-1].run()
    return panel


@pytest.fixture
def scene_of_work(finished_work):
    """The work goes on: further maps are to be computed, and a muscle was edited after it was measured."""
    ui = finished_work.ui
    ui.lockedSlicesEdit.text = "1, 4–5"
    ui.t2SourceComboBox.currentIndex = 2
    ui.mtrSourceComboBox.currentIndex = 2
    erase(ui.segmentEditor.segmentationNode(), MUSCLES[2], 4)
    return finished_work


def earlier_visits(panel, folder):
    """The measures that there are, but for larger muscles, as those of two earlier visits."""
    from MuscleSegModule.changes import addEarlier

    measures = panel.logic.getParameterNode().measures
    content = json.loads(measures.GetNodeReference("MuscleSeg.Measures").GetText())
    paths = []
    for date in ("2025-03-01", "2024-03-01"):
        for row in content["muscles"]:
            row["volume_cm3"] *= 1.1
            row["ff_mean_percent"] -= 2
        content["about"]["scan_date"] = date
        paths.append(folder / f"{date}.json")
        paths[-1].write_text(json.dumps(content), encoding="utf-8")
    return addEarlier(paths)


def open_only(panel, section):
    for name, widget in vars(panel.ui).items():
        if name.endswith("CollapsibleButton"):
            widget.collapsed = name != section


def saved(panel, name, style, scaling, folder):
    root = panel.parent._qt
    apply_style(root, style)
    picture = picture_of(root, scaling)
    path = folder / f"{name}-{style}-{round(100 * scaling)}.png"
    assert picture.save(str(path))
    return picture


def assert_readable(panel, picture, style):
    """Nothing sticks out of the panel, no text is cut off, and the picture is in the style's colours."""
    root = panel.parent._qt
    assert root.width() == PANEL_WIDTH
    for widget in root.findChildren(QtWidgets.QWidget):
        if widget.isVisible() and widget.parentWidget() is not None and widget.width() > 0:
            assert widget.mapTo(root, widget.rect().bottomRight()).x() <= root.width(), widget.objectName()
        siblings = widget.parentWidget().children() if widget.parentWidget() is not None else []
        for other in siblings if widget.isVisible() and widget is not root else ():
            if isinstance(other, QtWidgets.QWidget) and other is not widget and other.isVisible():
                assert not widget.geometry().intersects(other.geometry()), (widget.objectName(), other.objectName())
        if isinstance(widget, (QtWidgets.QPushButton, QtWidgets.QLabel)) and widget.isVisible() and widget.text():
            needed = widget.heightForWidth(widget.width()) if widget.hasHeightForWidth() else 0
            assert widget.height() >= needed, widget.objectName()
            if not (isinstance(widget, QtWidgets.QLabel) and widget.wordWrap()):
                assert widget.width() >= widget.minimumSizeHint().width(), widget.objectName()
    window = QtGui.QColor(STYLES[style]["Window"])
    pixels = [picture.pixelColor(x, y) for x in range(0, picture.width(), 7) for y in range(0, picture.height(), 7)]
    assert sum(pixel == window for pixel in pixels) > len(pixels) / 10


@pytest.mark.parametrize("scaling", [1.0, 2.0])
@pytest.mark.parametrize("style", ["light", "dark"])
@pytest.mark.parametrize("section", ["image", "correct", "propagate", "biomarkers", "settings"])
def test_a_section_is_readable(scene_of_work, section, style, scaling, tmp_path):
    open_only(scene_of_work, f"{section}CollapsibleButton")

    picture = saved(scene_of_work, section, style, scaling, tmp_path)

    assert_readable(scene_of_work, picture, style)


@pytest.mark.parametrize("style", ["light", "dark"])
def test_a_run_is_readable(panel, volume, jobs, style, tmp_path):  # noqa: ARG001
    open_only(panel, "imageCollapsibleButton")
    panel.ui.segmentButton.click()
    jobs.last.progress(0.4, "Segmenting the right thigh, slice 12 of 30")

    picture = saved(panel, "running", style, 1.0, tmp_path)

    assert_readable(panel, picture, style)


def test_the_tables_show_names_and_numbers_without_scrolling(scene_of_work, tmp_path):
    """In a panel of the usual width all of them, in one of 350 pixels the names and the volumes of both sides."""
    open_only(scene_of_work, "biomarkersCollapsibleButton")

    saved(scene_of_work, "tables", "light", 1.0, tmp_path)

    for view in (scene_of_work.ui.measuresTable._qt, scene_of_work.ui.changesTable._qt):
        model = view.model()
        assert model.headerData(0, QtCore.Qt.Orientation.Vertical) == "vastus lateralis\n(VL)"
        headings = [model.headerData(column, QtCore.Qt.Orientation.Horizontal) for column in range(4)]
        assert headings == ["Volume,\ncm³ right", "Volume,\ncm³ left", "FF, %\nright", "FF, %\nleft"]
        widths = [view.columnWidth(column) for column in range(4)]
        assert sum(widths) <= view.viewport().width()
        assert sum(widths[:2]) <= view.viewport().width() - (PANEL_WIDTH - 350)
        for column, width in enumerate(widths):
            needed = max(view.sizeHintForColumn(column), view.horizontalHeader().sectionSizeHint(column))
            assert needed <= width <= needed + 1


def test_the_picture_of_the_readme_shows_the_sections_beside_each_other(finished_work, tmp_path):
    """``docs/panel.png`` is what this saves as ``panel.png``."""
    columns = []
    for sections in (["image"], ["correct", "propagate"], ["biomarkers"]):
        pictures = []
        for section in sections:
            open_only(finished_work, f"{section}CollapsibleButton")
            pictures.append(saved(finished_work, section, "light", 1.0, tmp_path))
            assert_readable(finished_work, pictures[-1], "light")
        columns.append(pictures)
    height = max(sum(picture.height() for picture in pictures) for pictures in columns)
    panel = QtGui.QImage(PANEL_WIDTH * len(columns), height, QtGui.QImage.Format.Format_RGB32)
    panel.fill(QtGui.QColor(STYLES["light"]["Window"]))
    painter = QtGui.QPainter(panel)
    for column, pictures in enumerate(columns):
        top = 0
        for picture in pictures:
            painter.drawImage(column * PANEL_WIDTH, top, picture)
            top += picture.height()
    painter.end()

    assert panel.save(str(tmp_path / "panel.png"))
