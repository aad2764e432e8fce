"""A report put together from measures, the scan they were made on, and an earlier visit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from MuscleSegLib import __version__
from MuscleSegLib.progress import Progress, silent
from MuscleSegLib.report.body_map import MuscleShade
from MuscleSegLib.report.change import change_since
from MuscleSegLib.report.columns import MISSING, MeasureColumn, measure_columns
from MuscleSegLib.report.content import NOTICE, PlainTable, Report
from MuscleSegLib.report.course import course_over
from MuscleSegLib.report.facts import facts
from MuscleSegLib.report.label_grid import labels_on_grid
from MuscleSegLib.report.pictures import body_map_picture, profiles_picture, slices_picture
from MuscleSegLib.report.side_table import measures_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    import SimpleITK as sitk

    from MuscleSegLib.biomarkers.follow_up import FollowUp
    from MuscleSegLib.biomarkers.measurements import Measurements
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: Columns of the measures that name a row, with their headings.
_NAMES = {"name": "muscle", "side": "side"}


def make_report(
    measurements: Measurements,
    *,
    labels: LabelledVolume | None = None,
    image: sitk.Image | None = None,
    follow_ups: Sequence[FollowUp] = (),
    patient: str = "",
    made_on: date | None = None,
    progress: Progress = silent,
) -> Report:
    """Put a report together; nothing is measured again.

    Args:
        measurements: What the report says.
        labels: The segmentation that was measured: without it there is no body map.
        image: The scan that was segmented, on the grid of ``labels``: without it there are no pictures of slices, and
            the body map has no skin.
        follow_ups: What changed since earlier visits, from the first to the last: the report shows the changes since
            the last, and the course over all when there are several.
        patient: How the report calls the patient; by the pseudonym of the measures when empty.
        made_on: The day that the report says it was made on; none when None.
        progress: Told what is being drawn.

    Raises:
        InputError: Image and segmentation lie on different grids.
    """
    if labels is not None and image is not None:
        labels = replace(labels, image=labels_on_grid(labels.image, image))
    progress(0.0, "Drawing the body map")
    body_map = body_map_picture(labels, image, _shades(measurements.muscles, labels)) if labels else None
    progress(0.4, "Drawing the slices")
    slices = slices_picture(image, labels) if labels and image else None
    progress(0.6, "Drawing the profiles")
    profiles = profiles_picture(measurements.profile)
    progress(1.0, "Report drawn")
    return Report(
        title="Muscle report",
        notice=NOTICE,
        version=__version__,
        facts=facts(measurements.about, patient, made_on),
        table=measures_table(measurements.muscles, measurements.about.get("g20_expected_error", "")),
        all_measures=_all_measures(measurements.muscles),
        body_map=body_map,
        slices=slices,
        profiles=profiles,
        change=change_since(follow_ups[-1]) if follow_ups else None,
        course=course_over(follow_ups) if len(follow_ups) > 1 else None,
        warnings=tuple(dict.fromkeys([*measurements.warnings, *(text for one in follow_ups for text in one.warnings)])),
    )


def _shades(muscles: pd.DataFrame, labels: LabelledVolume) -> dict[int, MuscleShade]:
    """The fat fraction of each label, as number and as the text of the table."""
    column = MeasureColumn.of("ff_mean_percent")
    if column is None or column.name not in muscles:
        return {}
    single = muscles[muscles["kind"] == "muscle"]
    values = dict(zip(zip(single["name"], single["side"], strict=True), single[column.name], strict=True))
    shades = {}
    for label in labels.labels:
        value = float(values.get((label.name, label.side), float("nan")))
        text = column.text(value)
        shades[label.value] = MuscleShade("" if text == MISSING else text, value)
    return shades


def _all_measures(muscles: pd.DataFrame) -> PlainTable:
    columns = measure_columns(muscles)
    return PlainTable(
        headings=(*_NAMES.values(), *(column.heading for column in columns)),
        rows=tuple(
            (*(str(row[name]) for name in _NAMES), *(column.text(row[column.name]) for column in columns))
            for _, row in muscles.iterrows()
        ),
    )
