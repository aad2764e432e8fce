"""The report's pictures, drawn and compressed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import matplotlib as mpl
import SimpleITK as sitk
from matplotlib.figure import Figure

from MuscleSegLib.report.body_map import MuscleShade, draw_body_map
from MuscleSegLib.report.limb_sections import limb_sections
from MuscleSegLib.report.profile_plots import draw_profiles, profile_measure
from MuscleSegLib.report.representative_slices import representative_slices
from MuscleSegLib.report.slice_pictures import draw_slices
from MuscleSegLib.segmentation.orientation import AxialVolume

if TYPE_CHECKING:
    import pandas as pd

    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

#: The width of a page of A4 between its margins.
WIDTH_INCH = 7.2
_DPI = 200
_BODY_MAP_HEIGHT_INCH = 4.2


@dataclass(frozen=True)
class Picture:
    """A picture with what is written above and below it.

    Attributes:
        title, description: Plain text; the description says what is seen, to those who cannot see it too.
        png: The file.
        width_inch, height_inch: On paper.
    """

    title: str
    description: str
    png: bytes
    width_inch: float
    height_inch: float

    @property
    def base64(self) -> str:
        """The file as text, for a page that carries its pictures in itself."""
        return b64encode(self.png).decode("ascii")


def body_map_picture(
    labels: LabelledVolume, image: sitk.Image | None, shades: Mapping[int, MuscleShade]
) -> Picture | None:
    """The body map, with the fat fraction of each muscle where it is known; None where there are no labels."""
    planes = AxialVolume.of(labels.image).view(sitk.GetArrayViewFromImage(labels.image))
    sections = limb_sections(labels, image, representative_slices(planes, labels.labels))
    if not sections:
        return None
    figure = Figure()
    draw_body_map(figure, sections, shades, (WIDTH_INCH, _BODY_MAP_HEIGHT_INCH))
    description = (
        "Cross-sections of this patient, drawn from the segmentation; anterior is up, the patient's right on the left."
    )
    if not any(shade.text for shade in shades.values()):
        return _picture(figure, "Muscles", description)
    of_number = "The number is the mean fat fraction of the whole muscle in %, not that of the slice shown."
    return _picture(figure, "Fat fraction by muscle", f"{description} {of_number}")


def slices_picture(image: sitk.Image, labels: LabelledVolume) -> Picture:
    """The scan with the outlines of the muscles."""
    figure = Figure()
    draw_slices(figure, image, labels, WIDTH_INCH)
    return _picture(
        figure, "Segmentation", "Slices of the scan, from superior to inferior, with the outlines of the muscles."
    )


def profiles_picture(profile: pd.DataFrame) -> Picture | None:
    """The profiles along the limb; None where nothing was measured slice by slice."""
    measure = profile_measure(profile)
    if measure is None or profile.empty:
        return None
    figure = Figure()
    draw_profiles(figure, profile, measure, WIDTH_INCH)
    return _picture(
        figure, "Profiles along the limb", f"{measure.quantity_title} of each muscle, slice by slice; all on one scale."
    )


def _picture(figure: Figure, title: str, description: str) -> Picture:
    file = BytesIO()
    with mpl.rc_context({"hatch.linewidth": 0.6}):
        figure.savefig(file, format="png", dpi=_DPI, facecolor="white")
    width, height = figure.get_size_inches()
    return Picture(title, description, file.getvalue(), float(width), float(height))
