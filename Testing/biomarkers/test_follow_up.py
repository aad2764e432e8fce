"""Changes between visits, and what test and retest tell of their error."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from MuscleSegLib.biomarkers.follow_up import follow_up, write_follow_ups
from MuscleSegLib.biomarkers.retest import Retest, compare_retest, read_retest, summary, write_retest
from MuscleSegLib.errors import InputError


def later(measured, date="2025-05-01", **changes):
    """A visit with other numbers in some columns, for every muscle."""
    return replace(measured, muscles=measured.muscles.assign(**changes), about=measured.about | {"scan_date": date})


def of(table, measure, name="vastus lateralis", side="right", kind="muscle"):
    found = table[
        (table["measure"] == measure) & (table["name"] == name) & (table["side"] == side) & (table["kind"] == kind)
    ]
    assert len(found) == 1
    return found.iloc[0]


@pytest.fixture
def retest(measured):
    """Four patients whose FF differs between visits by ±1 %, and whose volume is the same."""
    tests, retests = [], []
    for patient in range(4):
        about = measured.about | {"pseudonym": f"P{patient}"}
        own = measured.muscles["ff_mean_percent"] + 10 * patient
        difference = np.where(np.arange(len(own)) % 2, 1.0, -1.0)
        tests.append(replace(measured, muscles=measured.muscles.assign(ff_mean_percent=own), about=about))
        retests.append(
            replace(measured, muscles=measured.muscles.assign(ff_mean_percent=own + difference), about=about)
        )
    return compare_retest(tests, retests)


def test_the_change_is_now_minus_then(measured):
    then = measured.muscles["ff_mean_percent"]

    change = follow_up(measured, later(measured, ff_mean_percent=then + 3))

    row = of(change.table, "ff_mean_percent")
    assert row["change"] == pytest.approx(3) and row["now"] - row["earlier"] == pytest.approx(3)
    assert row["unit"] == "%" and of(change.table, "volume_cm3")["unit"] == "cm³"
    assert (change.earlier_date, change.date) == ("2024-05-01", "2025-05-01")


def test_without_test_and_retest_the_error_is_not_known(measured):
    change = follow_up(measured, later(measured))

    assert set(change.table["finding"]) <= {"error not known", "not compared"}
    assert change.table["smallest_detectable_change"].isna().all()
    assert any("not known" in warning and "muscleseg agreement" in warning for warning in change.warnings)


def test_a_change_beyond_the_error_is_told_from_one_within(measured, retest):
    then = measured.muscles["ff_mean_percent"]
    within, more = (
        of(follow_up(measured, later(measured, ff_mean_percent=then + step), retest).table, "ff_mean_percent")
        for step in (1.5, -4.0)
    )

    assert 1.9 < within["smallest_detectable_change"] < 2.1
    assert (within["finding"], more["finding"]) == ("within the error", "more than the error")


def test_muscles_cut_by_the_field_of_view_are_compared_by_their_values_only(measured):
    now = later(measured, cut_by_field_of_view=True)

    table = follow_up(measured, now).table

    for size in ("volume_cm3", "length_mm", "largest_area_mm2", "lean_volume_cm3"):
        row = of(table, size)
        assert row["finding"] == "not compared" and row["reason"] == "cut by the field of view"
        assert np.isnan(row["change"])
    assert not np.isnan(of(table, "ff_mean_percent")["change"])


def test_a_group_of_other_muscles_is_not_compared(measured):
    now = later(measured, members="VL, RF, VM")

    row = of(follow_up(measured, now).table, "volume_cm3", "quadriceps", kind="group")

    assert row["finding"] == "not compared" and row["reason"] == "other muscles in the group"


def test_what_one_visit_lacks_is_listed(measured):
    now = replace(later(measured), muscles=measured.muscles[measured.muscles["name"] != "sartorius"])

    row = of(follow_up(measured, now).table, "volume_cm3", "sartorius")

    assert row["finding"] == "not compared" and row["reason"] == "not measured in this visit"


def test_counts_of_voxels_are_no_measures(measured):
    assert not follow_up(measured, later(measured)).table["measure"].str.contains("voxels|covered").any()


def test_another_patient_is_refused(measured):
    other = replace(measured, about=measured.about | {"pseudonym": "P02"})

    with pytest.raises(InputError, match="different patients: P01 and P02"):
        follow_up(other, measured)


def test_visits_without_a_common_muscle_are_refused(measured):
    other = replace(measured, muscles=measured.muscles.assign(name="soleus", side="left"))

    with pytest.raises(InputError, match="no muscle of the same name and side in common"):
        follow_up(other, measured)


def test_visits_in_the_wrong_order_are_refused(measured):
    with pytest.raises(InputError, match="other way round"):
        follow_up(later(measured), measured)


def test_another_erosion_is_told_of(measured):
    now = replace(later(measured), about=measured.about | {"erosion_mm": 2.0, "scan_date": ""})

    assert any("different erosion" in warning for warning in follow_up(measured, now).warnings)


def test_other_exclusions_are_told_of_where_both_visits_have_the_map(measured):
    def told(before, now):
        visits = (replace(visit, about=visit.about | {"exclusions": own}) for visit, own in ((measured, before), now))
        return any("different exclusion" in warning for warning in follow_up(*visits).warnings)

    assert told({"FF": ["FF > 50 %"]}, (later(measured), {"FF": []}))
    assert not told({}, (later(measured), {"FF": []}))


def test_changes_are_written_with_where_they_come_from(measured, tmp_path):
    now = later(measured)

    write_follow_ups([follow_up(measured, now), follow_up(measured, now)], now, tmp_path / "changes.csv")

    table = pd.read_csv(tmp_path / "changes.csv")
    assert set(table["earlier_visit"]) == {1, 2} and set(table["earlier_date"]) == {"2024-05-01"}
    assert {"version", "models", "notice", "pseudonym"} <= set(table.columns)


def test_test_and_retest_tell_the_error_of_each_measure(retest):
    table = retest.table.set_index(["measure", "name", "kind"])

    ff = table.loc[("ff_mean_percent", "", "muscle")]
    assert ff["pairs"] == 20 and ff["sd"] == pytest.approx(1.0, abs=0.05)
    assert ff["icc_2_1"] > 0.98 and ff["icc_2_1_low"] < ff["icc_2_1"]
    assert table.loc[("volume_cm3", "vastus lateralis", "muscle")]["pairs"] == 8
    assert table.loc[("volume_cm3", "", "muscle")]["smallest_detectable_change"] == 0


def test_a_muscle_of_which_there_are_few_pairs_takes_the_error_of_all(retest):
    table = retest.table
    of_all = table[(table["measure"] == "ff_mean_percent") & (table["name"] == "")]["smallest_detectable_change"]

    assert retest.smallest_detectable_change("ff_mean_percent", "muscle", "sartorius") == of_all.iat[0]
    assert np.isnan(retest.smallest_detectable_change("t2_mean_ms", "muscle", "sartorius"))


def test_a_group_has_its_own_error_also_where_a_muscle_is_called_alike():
    rows = [("muscle", "", 1.0), ("muscle", "adductors", 2.0), ("group", "adductors", 3.0)]
    table = pd.DataFrame(rows, columns=["kind", "name", "smallest_detectable_change"])
    retest = Retest(table.assign(measure="ff_mean_percent", pairs=10))

    assert retest.smallest_detectable_change("ff_mean_percent", "muscle", "adductors") == 2.0
    assert retest.smallest_detectable_change("ff_mean_percent", "group", "adductors") == 3.0


def test_a_group_of_which_there_are_few_pairs_never_takes_the_error_of_single_muscles():
    rows = [("muscle", "", 40, 14.0), ("group", "quadriceps", 3, 28.0)]
    table = pd.DataFrame(rows, columns=["kind", "name", "pairs", "smallest_detectable_change"])
    retest = Retest(table.assign(measure="volume_cm3"))

    assert retest.smallest_detectable_change("volume_cm3", "group", "quadriceps") == 28.0
    assert np.isnan(retest.smallest_detectable_change("volume_cm3", "group", "adductors"))


def test_a_visit_measured_otherwise_than_test_and_retest_is_told_of(measured, retest):
    eroded = replace(later(measured), about=measured.about | {"erosion_mm": 2.0, "scan_date": "2025-05-01"})
    earlier = replace(eroded, about=eroded.about | {"scan_date": "2024-05-01"})

    assert [text for text in follow_up(earlier, eroded, retest).warnings if "test–retest" in text] == [
        "The test–retest scans were measured with other erosion than this visit: the error of measuring may be another."
    ]
    assert not any("test–retest" in text for text in follow_up(measured, later(measured), retest).warnings)


def test_pairs_measured_otherwise_than_the_first_are_told_of(measured):
    eroded = replace(measured, about=measured.about | {"erosion_mm": 2.0})

    found = compare_retest([measured, measured, eroded], [measured, measured, eroded])

    assert found.warnings == (
        "Pair 3 was measured with other erosion than pair 1: the error of measuring is a mixture of both.",
    )


def test_agreement_comes_back_from_its_file(retest, tmp_path):
    write_retest(retest, tmp_path / "agreement.json")

    again = read_retest(tmp_path / "agreement.json")
    pd.testing.assert_frame_equal(again.table, retest.table, check_dtype=False)
    assert again.about == retest.about and again.about["erosion_mm"] == 0.0


def test_agreement_that_an_editor_saved_with_a_byte_order_mark_is_read(retest, tmp_path):
    (tmp_path / "agreement.json").write_text(retest.to_json(), encoding="utf-8-sig")

    assert read_retest(tmp_path / "agreement.json").about == retest.about


def test_agreement_of_an_older_version_says_no_settings(measured, retest, tmp_path):
    content = json.loads(retest.to_json())
    del content["about"]
    (tmp_path / "agreement.json").write_text(json.dumps(content), encoding="utf-8")

    again = read_retest(tmp_path / "agreement.json")
    assert again.about == {}
    assert not any("test–retest" in text for text in follow_up(measured, later(measured), again).warnings)


def test_the_summary_has_a_line_for_each_measure(retest):
    lines = summary(retest).splitlines()

    assert len(lines) == 1 + (retest.table["name"] == "").sum()
    assert any(line.startswith("ff_mean_percent") for line in lines)


def test_unequal_numbers_of_tests_and_retests_are_refused(measured):
    with pytest.raises(InputError, match="2 tests but 1 retests"):
        compare_retest([measured, measured], [measured])


def test_a_retest_of_another_patient_is_refused(measured):
    other = replace(measured, about=measured.about | {"pseudonym": "P02"})

    with pytest.raises(InputError, match="different patients"):
        compare_retest([measured], [other])


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "no json",
        '{"format": "MuscleSeg agreement"}',
        '{"format": "MuscleSeg agreement", "agreement": [], "warnings": []}',
    ],
)
def test_another_file_is_no_agreement(tmp_path, content):
    (tmp_path / "other.json").write_text(content)

    with pytest.raises(InputError, match="holds no agreement"):
        read_retest(tmp_path / "other.json")
