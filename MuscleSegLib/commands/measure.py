"""``muscleseg measure``: a segmentation and maps in, tables out."""

from __future__ import annotations

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from MuscleSegLib.atomic import written_together
from MuscleSegLib.commands.earlier_visits import add_retest, check_earlier_visits
from MuscleSegLib.commands.erosion import add_erode
from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.measure_placement import Placement, given_placement, registered_placement
from MuscleSegLib.commands.option_checks import refuse_empty
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.paths import check_free
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    from MuscleSegLib.biomarkers import Exclusion, MappedLabels, Measurements
    from MuscleSegLib.maps.parameter_map import ParameterMap
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

HELP = "measure every muscle: size, and its values in maps of fat fraction, T2 and MTR"

_EXCLUSION = re.compile(r"(?P<of>\w+) where (?P<by>\w+)\s*(?P<sign>[<>])\s*(?P<limit>-?\d+(\.\d+)?)")


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("labels", metavar="LABELS", help=".seg.nrrd, or a label map with a .tsv beside it")
    parser.add_argument(
        "-m",
        "--map",
        action="append",
        default=[],
        metavar="MAP",
        help="a map that muscleseg map made, or QUANTITY=FILE (FF, T2 or MTR) for a ready-made one; once for each map",
    )
    parser.add_argument(
        "--scale",
        action="append",
        default=[],
        metavar="QUANTITY=SCALE",
        help="the scale of a ready-made map, e.g. FF=0-1, where it is found out wrongly; once for each such map",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument(
        "--register", metavar="IMAGE", help="the image that was segmented: find where the muscles are in each map by it"
    )
    place.add_argument(
        "--transform",
        action="append",
        default=[],
        metavar="QUANTITY=FILE",
        help="a transform from points of a map to points of the segmentation, once for each map that has one",
    )
    add_erode(parser)
    parser.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="RULE",
        help='voxels to leave out, e.g. "T2 where T2_FIT_ERROR > 10" (bad fits) or "T2 where T2 > 100" (vessels)',
    )
    parser.add_argument("--pseudonym", default="", metavar="NAME", help="how to call the patient in the tables")
    parser.add_argument(
        "--date",
        default="",
        metavar="YYYY-MM-DD",
        help="when the patient was scanned (of --register, where that is a DICOM series)",
    )
    parser.add_argument(
        "--since",
        nargs="+",
        action="append",
        default=[],
        metavar="VISIT",
        help="an earlier visit: its measures, or its label map and its maps (with the scales, erosion and exclusions "
        "of this one, as far as it has the maps, by scanner coordinates); once for each visit",
    )
    parser.add_argument(
        "--changes", type=Path, metavar="CSV", help="where to write what changed since the earlier visits"
    )
    add_retest(parser)
    parser.add_argument(
        "-o",
        "--output",
        nargs="+",
        required=True,
        metavar="OUT",
        help=".json for everything, .csv for the table with a profile beside it; one or both",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def run(arguments: Namespace) -> None:
    """Measure, write, and say what to know of the numbers.

    Raises:
        MuscleSegError: Something cannot be used, or packages are not installed; nothing was written.
    """
    with extra_packages("measure"), output_for(arguments) as out:
        from MuscleSegLib.biomarkers import measure
        from MuscleSegLib.biomarkers.follow_up import follow_ups, write_follow_ups
        from MuscleSegLib.biomarkers.measurement_files import (
            measurement_paths,
            write_measurements,
        )
        from MuscleSegLib.biomarkers.retest import read_retest
        from MuscleSegLib.biomarkers.whose import check_whose
        from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

        if bool(arguments.since) != bool(arguments.changes):
            raise InputError("Earlier visits (--since) and where to write the changes (--changes) go together.")
        if arguments.changes and arguments.changes.suffix != ".csv":
            raise InputError(
                f"Changes cannot be written as {arguments.changes.name}: they are a table. Let the name end in .csv."
            )
        if arguments.register and not arguments.map:
            raise InputError("--register finds the muscles in maps: give those with --map, or leave it out.")
        check_earlier_visits(arguments, [visit for visit, *_ in arguments.since])
        check_whose(arguments.pseudonym, arguments.date)
        planned = [path for output in arguments.output for path in measurement_paths(output)]
        check_free([*planned, arguments.changes], overwrite=arguments.overwrite, inputs=_inputs(arguments))
        scales = _scales(arguments)
        labels = read_labelled_volume(arguments.labels)
        maps = _read_maps(arguments.map, scales)
        rules = _rules(arguments.exclude, maps)
        earlier = [_visit(parts, arguments, scales, rules) for parts in arguments.since]
        retest = read_retest(arguments.retest) if arguments.retest else None
        if arguments.register:
            placement = registered_placement(arguments.register, labels, maps.values(), out.progress)
        else:
            placement = given_placement(_by_quantity(arguments.transform, maps, "transform", "e.g. FF=to_labels.h5"))
        measurements = measure(
            labels,
            _mapped(labels, maps, rules, placement),
            erosion_mm=arguments.erode,
            pseudonym=arguments.pseudonym,
            scan_date=arguments.date or _scan_date(arguments.register),
            inputs=_names(arguments.labels, maps, arguments.map) | placement.inputs,
            registered=placement.registered,
            progress=out.progress,
        )
        changes = follow_ups(earlier, measurements, retest)
        with written_together():
            written = [path for output in arguments.output for path in write_measurements(measurements, output)]
            if changes:
                write_follow_ups(changes, measurements, arguments.changes)
                written.append(arguments.changes)
        for warning in dict.fromkeys([*measurements.warnings, *(text for one in changes for text in one.warnings)]):
            out.warning(warning)
        for path in written:
            out.file(path)


def _inputs(arguments: Namespace) -> list[str | Path]:
    """All files that are read, with those that belong to them."""
    from MuscleSegLib.biomarkers.measurement_files import is_measurements, measurement_files
    from MuscleSegLib.maps.parameter_map import map_files
    from MuscleSegLib.registration.quality_file import quality_path
    from MuscleSegLib.segmentation.image_reading import split_choice
    from MuscleSegLib.segmentation.segmentation_writing import output_files

    read = [path for path in (arguments.register, arguments.retest) if path]
    read += [file for path in map(Path, map(_path_of, arguments.transform)) for file in (path, quality_path(path))]
    for path, *texts in ([arguments.labels, *arguments.map], *arguments.since):
        read += measurement_files(Path(path)) if is_measurements(path) else output_files(Path(path))
        read += [file for text in texts for file in map_files(split_choice(_path_of(text))[0])]
    return read


def _visit(
    parts: Sequence[str], arguments: Namespace, scales: dict[str, str], rules: Sequence[re.Match[str]]
) -> Measurements:
    """An earlier visit: a file of measures, or a label map and its maps, which are measured as those of this visit."""
    from MuscleSegLib.biomarkers import measure
    from MuscleSegLib.biomarkers.measurement_files import is_measurements, read_measurements
    from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

    path, *texts = parts
    if is_measurements(path):
        if texts:
            raise InputError(f"{path} holds measures already. Give each earlier visit its own --since.")
        return read_measurements(path)
    labels, maps = read_labelled_volume(path), _read_maps(texts, scales)
    return measure(
        labels,
        _mapped(labels, maps, rules, Placement()),
        erosion_mm=arguments.erode,
        pseudonym=arguments.pseudonym,
        inputs=_names(path, maps, texts),
    )


def _mapped(
    labels: LabelledVolume,
    maps: dict[str, ParameterMap],
    rules: Sequence[re.Match[str]],
    placement: Placement,
) -> list[MappedLabels]:
    from MuscleSegLib.biomarkers import map_labels_to_each

    exclusions = _exclusions(rules, maps)
    return map_labels_to_each(labels, list(maps.values()), transforms=placement.transforms, exclusions=exclusions)


def _names(labels: str, maps: dict[str, ParameterMap], texts: Sequence[str]) -> dict[str, str]:
    """File name by role."""
    of_maps = {quantity: Path(path).name for quantity, path in zip(maps, map(_path_of, texts), strict=True)}
    return {"labels": Path(labels).name} | of_maps


def _scan_date(image: str | None) -> str:
    """When a DICOM series was scanned (ISO); empty for another image, or none."""
    from MuscleSegLib.segmentation.dicom_series import scan_date
    from MuscleSegLib.segmentation.image_reading import dicom_files

    files = dicom_files(image) if image else []
    return scan_date(files[0]) if files else ""


def _split(text: str) -> tuple[str | None, str]:
    """``FF=ff.nrrd`` as quantity and file; None where no known quantity stands before an equals sign.

    Raises:
        InputError: Nothing stands behind it.
    """
    from MuscleSegLib.maps.parameter_map import UNITS

    quantity, equals, path = text.partition("=")
    if not equals or quantity not in UNITS:
        return None, text
    refuse_empty(path, f"{quantity}=")
    return quantity, path


def _path_of(text: str) -> str:
    return _split(text)[1]


def _by_quantity(texts: Sequence[str], quantities: Collection[str], what: str, example: str) -> dict[str, str]:
    """What stands behind the equals sign of each text, by the quantity of the map before it.

    Args:
        texts: As ``--scale`` or ``--transform`` takes them.
        quantities: Of the maps that are there.
        what: What each text gives, as an error calls it.
        example: What a text looks like.

    Raises:
        InputError: A text names no map, or one that another names.
    """
    found: dict[str, str] = {}
    for text in texts:
        quantity, given = _split(text)
        if quantity not in quantities:
            raise InputError(f"'{text}' does not say which map the {what} is of. Write {example}.")
        if quantity in found:
            raise InputError(f"Two {what}s are given for the {quantity} map. Leave one out.")
        found[str(quantity)] = given
    return found


def _scales(arguments: Namespace) -> dict[str, str]:
    """The scale of each map that has one given, by quantity."""
    mapped = {quantity for quantity, _ in map(_split, arguments.map) if quantity}
    return _by_quantity(arguments.scale, mapped, "scale", "FF=0-1 with --map FF=ff.nrrd")


def _read_maps(texts: Sequence[str], scales: dict[str, str]) -> dict[str, ParameterMap]:
    from MuscleSegLib.maps.parameter_map import read_map

    maps: dict[str, ParameterMap] = {}
    for text in texts:
        quantity, path = _split(text)
        found = read_map(path, quantity, scale=scales.get(quantity or ""))
        if found.quantity in maps:
            raise InputError(f"{Path(path).name} is a second {found.quantity} map. Give one of each quantity.")
        maps[found.quantity] = found
    return maps


def _rules(texts: Sequence[str], quantities: Collection[str]) -> list[re.Match[str]]:
    """What ``--exclude`` says.

    Raises:
        InputError: A text is no rule, or names a map that is not there.
    """
    rules = []
    for text in texts:
        match = _EXCLUSION.fullmatch(text.strip())
        if match is None or match["of"] not in quantities or match["by"] not in quantities:
            raise InputError(
                f"'{text}' does not say which voxels to leave out. Write e.g. 'T2 where T2_FIT_ERROR > 10', with maps "
                "that are given by --map."
            )
        rules.append(match)
    return rules


def _exclusions(rules: Sequence[re.Match[str]], maps: dict[str, ParameterMap]) -> dict[str, list[Exclusion]]:
    """The rules whose maps are there, by what they leave voxels out of: an earlier visit may lack some."""
    from MuscleSegLib.biomarkers import Exclusion

    found: dict[str, list[Exclusion]] = {}
    for rule in rules:
        if rule["of"] in maps and rule["by"] in maps:
            sign: Literal["<", ">"] = "<" if rule["sign"] == "<" else ">"
            found.setdefault(rule["of"], []).append(Exclusion(maps[rule["by"]], sign, float(rule["limit"])))
    return found
