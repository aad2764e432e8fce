"""The section that says what is installed."""

import json

import pytest

import MuscleSegLib
from MuscleSegLib.errors import MuscleSegError
from MuscleSegLib.networks import find_models
from Testing.segmentation.model_folders import write_model


def listed(panel):
    tree = panel.ui.modelsTree._qt
    return [
        tuple(tree.topLevelItem(index).text(column) for column in range(3)) for index in range(tree.topLevelItemCount())
    ]


def test_versions_and_checksums_are_those_of_the_cards(panel):
    assert panel.ui.versionLabel.text == f"MuscleSeg {MuscleSegLib.__version__}"
    assert listed(panel) == [(card.name, card.version, f"{card.weights.sha256[:12]}…") for card in find_models().cards]


def test_a_users_own_models_are_offered_where_they_are_kept(panel, volume, jobs, tmp_path):  # noqa: ARG001
    write_model(tmp_path / "models", "thigh-own", "thigh")

    panel.ui.modelsPathEdit.currentPath = str(tmp_path / "models")

    assert "thigh-own" in [name for name, _, _ in listed(panel)]
    menu = panel.ui.modelComboBox
    menu.currentIndex = menu.findData("thigh-own")
    panel.ui.segmentButton.click()
    assert jobs.last.argument("--model") == "thigh-own"
    assert jobs.last.argument("--models-dir") == str(tmp_path / "models")


def test_models_that_are_not_in_order_are_said_and_the_others_stay(panel, tmp_path):
    for name in ("thigh-broken", "thigh-lacking"):
        folder = write_model(tmp_path / "models", name, "thigh")
        (folder / "model.json").write_text(json.dumps({"name": name}), encoding="utf-8")
    write_model(tmp_path / "models", "thigh-own", "thigh")

    panel.ui.modelsPathEdit.currentPath = str(tmp_path / "models")

    said = panel.ui.modelsNoteLabel.text.splitlines()
    assert ["thigh-broken" in said[0], "thigh-lacking" in said[1]] == [True, True]
    assert [name for name, _, _ in listed(panel)] == [*(card.name for card in find_models().cards), "thigh-own"]
    assert panel.ui.modelComboBox.count == 3


def test_a_folder_that_is_gone_is_said_and_the_bundled_models_stay(panel, tmp_path):
    panel.ui.modelsPathEdit.currentPath = str(tmp_path / "none")

    assert "There is no folder" in panel.ui.modelsNoteLabel.text
    assert len(listed(panel)) == len(find_models().cards)
    assert panel.ui.modelComboBox.count == 2


def test_models_in_the_usual_folder_are_listed_and_offered(application, panel, tmp_path, monkeypatch):  # noqa: ARG001
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    write_model(tmp_path / ".muscleseg" / "models", "thigh-own", "thigh")

    panel.ui.modelsPathEdit.currentPath = str(tmp_path)
    panel.ui.modelsPathEdit.currentPath = ""

    assert "thigh-own" in [name for name, _, _ in listed(panel)]
    assert panel.ui.modelComboBox.findData("thigh-own") >= 0


@pytest.mark.parametrize(
    ("field", "dialog"), [("modelsPathEdit", "Select a directory..."), ("retestPathEdit", "Open a file")]
)
def test_a_path_is_browsed_for_among_folders_or_files(panel, application, tmp_path, field, dialog):
    application.dialogs.will_be_answered(str(tmp_path / "chosen"))

    getattr(panel.ui, field).browse()

    assert application.dialogs.shown[0]["windowTitle"] == dialog
    assert getattr(panel.ui, field).currentPath == str(tmp_path / "chosen")


@pytest.mark.parametrize("missing", [[], ["torch", "pandas"]])
def test_what_is_missing_is_named_for_segmenting_and_measuring(panel, monkeypatch, missing):
    import MuscleSegModule.settings_section as section

    asked = []
    purposes = dict(zip(("segment", "measure"), ([name] for name in missing), strict=False))
    monkeypatch.setattr(section, "missingPackages", lambda purpose="segment": purposes.get(purpose, []))
    monkeypatch.setattr(section, "ensurePackages", lambda purpose="segment": asked.append(purpose) or True)

    panel.ui.packagesButton.click()

    assert asked == ["segment", "measure"]
    assert all(name in panel.ui.packagesNoteLabel.text for name in missing)
    assert ("All are installed" in panel.ui.packagesNoteLabel.text) == (not missing)


def test_a_failed_installation_is_a_dialog(panel, application, monkeypatch):
    import MuscleSegModule.settings_section as section

    def fail():
        raise MuscleSegError("There is no connection. Copy the wheels to a folder.")

    monkeypatch.setattr(section, "ensurePackages", fail)
    application.dialogs.will_be_answered(None)

    panel.ui.packagesButton.click()

    assert application.dialogs.shown[0]["text"] == "There is no connection. Copy the wheels to a folder."
