"""The papers' label sets, and making them from what a model tells apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from MuscleSegLib.anatomy import compounds, label_set, label_set_names, label_set_of, members_of, muscles
from MuscleSegLib.errors import LabelSetError

THIGH = "background VL VI VM RF Sa Gr AM AL AB SM ST BFL BFS FEM".split()
LEG = "background GL GM So TA EDL EHL TP FDL FHL PER Pop TIB FIB".split()


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("muscleseg", {"thigh": 13, "leg": 11}),
        ("hostin", {"thigh": 10, "leg": 6}),
        ("rohm", {"leg": 7}),
        ("agosti", {"thigh": 12, "leg": 6}),
        ("musclesense", {"thigh": 10, "leg": 6}),
        ("henson", {"hip": 3, "thigh": 13, "leg": 7}),
    ],
)
def test_each_paper_has_its_number_of_muscles(name: str, counts: dict[str, int]) -> None:
    found = label_set(name)
    assert {region: len(found.for_regions({region}).labels) for region in counts} == counts
    assert len(found.labels) == sum(counts.values())


@pytest.mark.parametrize("name", label_set_names())
def test_labels_of_a_set_are_distinct_and_fit_a_label_map(name: str) -> None:
    labels = label_set(name).labels
    assert [label.index for label in labels] == list(range(1, len(labels) + 1))
    members = [member for label in labels for member in label.members]
    assert len(members) == len(set(members))
    assert all(muscles()[member].kind == "muscle" for member in members)


def test_our_own_set_comes_first_in_the_list() -> None:
    assert label_set_names()[0] == "muscleseg"
    assert len(label_set_names()) == 6


@pytest.mark.parametrize("name", ["muscleseg", "hostin", "agosti", "musclesense"])
def test_papers_of_the_thigh_can_be_made_from_our_thigh_channels(name: str) -> None:
    wanted = label_set(name).for_regions({"thigh"})
    for index, channels in wanted.merge_from(THIGH).items():
        (label,) = (label for label in wanted.labels if label.index == index)
        assert {member for channel in channels for member in members_of(channel)} == set(label.members)


@pytest.mark.parametrize("name", ["muscleseg", "hostin", "rohm", "agosti", "musclesense"])
def test_papers_of_the_leg_can_be_made_from_our_leg_channels(name: str) -> None:
    wanted = label_set(name).for_regions({"leg"})
    assert set(wanted.merge_from(LEG)) == {label.index for label in wanted.labels}


def test_a_coarser_label_says_which_channels_it_merges() -> None:
    hostin = label_set("hostin").for_regions({"thigh"})
    merged = hostin.merge_from(THIGH)
    by_abbreviation = {label.abbreviation: merged[label.index] for label in hostin.labels}
    assert by_abbreviation["BF"] == ("BFL", "BFS")
    assert by_abbreviation["Ad"] == ("AM", "AL", "AB")
    assert by_abbreviation["VL"] == ("VL",)


def test_muscles_that_the_model_sees_as_one_are_refused_by_name() -> None:
    with pytest.raises(LabelSetError, match="leg-hrnet, which sees peroneus longus and peroneus brevis as one"):
        label_set("henson").for_regions({"leg"}).merge_from(LEG, "leg-hrnet")


def test_muscles_that_the_model_does_not_know_are_refused_by_name() -> None:
    with pytest.raises(LabelSetError, match="does not know tensor fasciae latae, gluteus maximus and iliacus"):
        label_set("henson").for_regions({"hip", "thigh"}).merge_from(THIGH)


def test_a_channel_that_holds_more_than_the_label_is_refused() -> None:
    channels = ["Ad", *(channel for channel in THIGH if channel not in {"AM", "AL", "AB"})]
    with pytest.raises(LabelSetError, match="sees adductor magnus, adductor longus and adductor brevis as one"):
        label_set("musclesense").for_regions({"thigh"}).merge_from(channels)


def test_a_channel_that_is_no_muscle_is_refused() -> None:
    with pytest.raises(LabelSetError, match="No muscle is abbreviated XYZ"):
        label_set("rohm").merge_from([*LEG, "XYZ"])


def test_all_that_a_model_tells_apart_has_the_numbers_of_our_set_and_further_ones() -> None:
    assert label_set_of(THIGH) == label_set("muscleseg").for_regions({"thigh"})
    few = label_set_of(["background", "Pec", "VM", "VL", "BF", "FEM"])
    assert [label.abbreviation for label in few.labels] == ["VL", "VM", "Pec", "BF"]
    every = label_set_of({*muscles(), *compounds()}).labels
    assert len({label.index for label in every}) == len(every) and max(label.index for label in every) < 100
    assert set(few.labels) <= set(every)


def test_an_unknown_set_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabelSetError, match=r"no label set 'hosten'.*muscleseg, agosti, henson"):
        label_set("hosten")


@given(st.sampled_from(label_set_names()), st.sets(st.sampled_from(sorted(muscles()))))
def test_a_merge_is_exact_or_refused(name: str, channels: set[str]) -> None:
    wanted = label_set(name)
    try:
        merged = wanted.merge_from(sorted(channels))
    except LabelSetError:
        assert not {member for label in wanted.labels for member in label.members} <= channels
    else:
        assert {label.index: set(label.members) for label in wanted.labels} == {i: set(c) for i, c in merged.items()}
