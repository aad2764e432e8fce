"""The table of muscles is complete, unambiguous and correctly coded."""

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pytest
from skimage.color import rgb2lab

from MuscleSegLib.anatomy import Muscle, compounds, members_of, muscles

# The Verhoeff check digit that closes every SNOMED CT identifier (SNOMED CT Technical Implementation Guide).
_PERMUTE = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]


def _dihedral(a: int, b: int) -> int:
    """The product of two elements of the dihedral group of order ten."""
    if a < 5:
        return (a + b) % 5 + (5 if b >= 5 else 0)
    return (a - b) % 5 + (0 if b >= 5 else 5)


def _verhoeff(code: str) -> int:
    check = 0
    for position, digit in enumerate(map(int, reversed(code))):
        for _ in range(position % 8):
            digit = _PERMUTE[digit]
        check = _dihedral(check, digit)
    return check


def test_every_index_and_abbreviation_is_used_once() -> None:
    table = muscles()
    assert len({muscle.index for muscle in table.values()}) == len(table)
    assert all(0 < muscle.index < 100 for muscle in table.values())
    assert not set(compounds()) & set(table)


def test_names_match_the_numbers_of_the_limb_label_maps(shared_data: Path) -> None:
    numbers = json.loads((shared_data / "limbs" / "labels.json").read_text())
    by_index = {muscle.index: muscle for muscle in muscles().values()}
    for number, name in numbers.items():
        assert set(name.split()) <= set(by_index[int(number)].name.split())


@pytest.mark.parametrize("entry", [*muscles().values(), *compounds().values()], ids=lambda entry: entry.abbreviation)
def test_snomed_codes_have_a_valid_check_digit_and_a_meaning(entry: Muscle) -> None:
    assert _verhoeff(entry.snomed_code) == 0
    assert entry.snomed_meaning


def test_a_single_wrong_digit_is_noticed() -> None:
    assert _verhoeff("181683006") == 0
    assert _verhoeff("181683016") != 0


def test_bones_are_not_called_muscle() -> None:
    for bone in (muscle for muscle in muscles().values() if muscle.kind == "bone"):
        assert "muscle" not in bone.snomed_meaning.lower()


@pytest.mark.parametrize("region", ["hip", "thigh", "leg"])
def test_muscles_of_a_region_differ_clearly_in_color(region: str) -> None:
    just_noticeable = 2.3  # CIE76 difference
    colors = {
        muscle.abbreviation: rgb2lab([[[channel / 255 for channel in muscle.color]]])[0, 0]
        for muscle in muscles().values()
        if muscle.region == region and muscle.kind == "muscle"
    }
    for (one, color), (other, other_color) in combinations(colors.items(), 2):
        assert sum((color - other_color) ** 2) ** 0.5 > 10 * just_noticeable, (one, other)


def test_compounds_are_of_muscles_of_one_region() -> None:
    for compound in compounds().values():
        assert len(compound.members) > 1
        assert len({muscles()[member].region for member in compound.members}) == 1
        assert members_of(compound.abbreviation) == compound.members


def test_anatomy_needs_the_standard_library_only() -> None:
    code = (
        "import sys, MuscleSegLib.anatomy as a; a.label_set('hostin');"
        "sys.exit(any(m in sys.modules for m in ('numpy', 'torch', 'SimpleITK', 'vtk')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
