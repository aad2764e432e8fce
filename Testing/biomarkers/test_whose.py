"""What a table says of patient and visit comes out of it as it was said."""

from io import StringIO

import pandas as pd
import pytest

from MuscleSegLib.biomarkers.whose import check_whose
from MuscleSegLib.errors import InputError


@pytest.mark.parametrize("pseudonym", ["A-017", "sub-01", "Müller 3", "患者1", "", "007", "NAb"])
def test_what_studies_call_their_patients_is_taken(pseudonym: str) -> None:
    check_whose(pseudonym, "2024-05-31")


@pytest.mark.parametrize("pseudonym", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)"])
def test_a_formula_is_refused_because_a_spreadsheet_would_carry_it_out(pseudonym: str) -> None:
    with pytest.raises(InputError, match=r"for a formula\. Begin it with a letter or a digit"):
        check_whose(pseudonym, "")


@pytest.mark.parametrize("pseudonym", ["A\n017", "A\t017", " A-017", "A-017 ", "\x00"])
def test_so_is_what_is_not_one_printed_line(pseudonym: str) -> None:
    with pytest.raises(InputError, match="cannot be a pseudonym"):
        check_whose(pseudonym, "")


@pytest.mark.parametrize(
    "pseudonym", ["NA", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "NULL", "None", "1.#IND", "1.#QNAN"]
)
def test_so_is_what_other_programs_read_as_missing(pseudonym: str) -> None:
    assert pd.read_csv(StringIO(f"pseudonym,x\n{pseudonym},1\n"))["pseudonym"].isna().all()  # as its defaults are
    with pytest.raises(InputError, match="other programs read it as none"):
        check_whose(pseudonym, "")


@pytest.mark.parametrize("day", ["31.5.2024", "20240531", "2024-13-01", "yesterday"])
def test_a_date_is_written_in_the_one_form_whose_order_is_that_of_time(day: str) -> None:
    with pytest.raises(InputError, match="is no date"):
        check_whose("", day)
