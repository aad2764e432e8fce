"""Why a button cannot be pressed is a sentence beside it, not only where one points at it."""

import pytest
import slicer

BUTTONS = {"image": "segment", "propagate": "preview", "biomarkers": "measure"}


@pytest.mark.parametrize("section", BUTTONS)
def test_a_grey_button_has_its_reason_under_it(panel, section):
    widget = getattr(panel.ui, f"{section}CollapsibleButton")
    widget.collapsed = False
    panel.parent._qt.show()
    slicer.app.processEvents()
    button, label = (getattr(panel.ui, BUTTONS[section] + name) for name in ("Button", "ObstacleLabel"))

    assert not button.enabled
    assert label.isVisibleTo(widget)
    assert label.text.endswith(".")
    assert 0 < label._qt.geometry().top() - button._qt.geometry().bottom() < 20


def test_there_is_no_reason_where_nothing_is_in_the_way(panel, segmented):  # noqa: ARG001
    for section in ("image", "biomarkers"):
        getattr(panel.ui, f"{section}CollapsibleButton").collapsed = False
        assert getattr(panel.ui, f"{BUTTONS[section]}Button").enabled
        label = getattr(panel.ui, f"{BUTTONS[section]}ObstacleLabel")
        assert not label.isVisibleTo(getattr(panel.ui, f"{section}CollapsibleButton"))


def test_what_was_started_needs_no_reason(panel, segmented, jobs):  # noqa: ARG001
    panel.ui.biomarkersCollapsibleButton.collapsed = False
    panel.ui.measureButton.click()
    panel.ui.ffSourceComboBox.currentIndex = 1

    assert not panel.ui.measureObstacleLabel.isVisibleTo(panel.ui.biomarkersCollapsibleButton)
