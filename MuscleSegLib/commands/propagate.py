"""``muscleseg propagate``: what was drawn or corrected, carried to other slices, the other side, or a later scan."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from MuscleSegLib.atomic import written_together
from MuscleSegLib.commands.output import Output, output_for
from MuscleSegLib.commands.output_file import add_output
from MuscleSegLib.commands.paths import check_free
from MuscleSegLib.errors import InputError

if TYPE_CHECKING:
    import SimpleITK as sitk

    from MuscleSegLib.propagation import KeySlices, Propagation
    from MuscleSegLib.segmentation.labelled_volume import LabelledVolume

HELP = "carry what was drawn or corrected to the other slices, the other side, or a later scan"

_LABELS = "a segmentation: .seg.nrrd, or a label map with a .tsv beside it"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    to = parser.add_subparsers(required=True, metavar="TO")
    slices = to.add_parser("slices", help="from key slices to the slices between and beyond them")
    _add_common(slices)
    slices.add_argument(
        "--last",
        metavar="FILE",
        help="the last result, before it was corrected: the slices that differ are the keys, with those that it was "
        "carried from",
    )
    slices.add_argument(
        "--network", metavar="FILE", help="what a network found, as a further source (default: what --last says)"
    )
    drawn = slices.add_mutually_exclusive_group()
    drawn.add_argument(
        "--key",
        nargs="+",
        type=int,
        metavar="SLICE",
        help="the slices that were drawn, counted from 0, beside those that LABELS or --last says were; without it, "
        "those that show anything",
    )
    drawn.add_argument(
        "--keys",
        metavar="JSON",
        help='the same for each label, in a file: {"gracilis right": [2, 6]}; labels that it does not name are locked',
    )
    slices.add_argument("--only", nargs="+", metavar="NAME", help="the labels to carry, others are locked")
    slices.add_argument("--lock", nargs="+", default=[], metavar="NAME", help="labels that are not to be touched")
    slices.add_argument(
        "--lock-slices", nargs="+", type=int, default=[], metavar="SLICE", help="slices that are not to be touched"
    )
    slices.set_defaults(propagate=_to_slices)
    side = to.add_parser("side", help="muscles drawn on one side, mirrored to the other as a starting point")
    _add_common(side)
    side.set_defaults(propagate=_to_side)
    scan = to.add_parser("scan", help="to a later scan of the same patient")
    _add_common(scan)
    scan.add_argument("scan", metavar="SCAN", help="the later scan")
    scan.add_argument("--last", metavar="FILE", help="what the network found in IMAGE, before it was corrected")
    scan.add_argument("--network", metavar="FILE", help="what the network found in SCAN; goes with --last")
    scan.set_defaults(propagate=_to_scan)


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument("image", metavar="IMAGE", help="the image that was drawn on")
    parser.add_argument("labels", metavar="LABELS", help=_LABELS)
    add_output(parser, ".seg.nrrd, or .nii.gz with a .tsv beside it")
    parser.add_argument("--confidence", type=Path, metavar="TSV", help="write how sure each slice of each label is")


def run(arguments: Namespace) -> None:
    """Carry, write, and say what to look at and which slice to correct next.

    Raises:
        MuscleSegError: Something cannot be used; nothing was written.
    """
    from MuscleSegLib.segmentation.segmentation_writing import check_output_path, output_files

    given = vars(arguments)
    read = [arguments.image, given.get("scan"), given.get("keys")]
    for name in ("labels", "last", "network"):
        read += output_files(Path(given[name])) if given.get(name) else []
    check_free(
        [*output_files(check_output_path(arguments.output)), arguments.confidence],
        overwrite=arguments.overwrite,
        inputs=read,
    )
    with output_for(arguments) as out:
        arguments.propagate(arguments, out)


def _to_slices(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.propagation import joined, propagate
    from MuscleSegLib.propagation.drawing_warnings import limbs_in, remarks_on_lost_edits, remarks_on_sides
    from MuscleSegLib.segmentation.image_reading import read_image
    from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

    image = read_image(arguments.image)
    labels = read_labelled_volume(arguments.labels)
    last, network = (path and _Found.read(path, labels) for path in (arguments.last, arguments.network))
    locked = _values(labels, arguments.lock)
    wanted = (_values(labels, arguments.only) if arguments.only else {label.value for label in labels.labels}) - locked
    if not wanted:
        raise InputError("Every label that was to be carried is locked (--lock), so none is left. Unlock one.")
    drawn = _Drawn.of(labels, last, wanted, locked, arguments)
    # Of a drawing, what it does not show is not there for want of drawing: it is no network's result.
    source = network or (last if last and not last.is_drawing else None)
    result = propagate(
        image,
        labels.image,
        drawn.keys,
        network=source.label_map if source else None,
        locked_slices=arguments.lock_slices,
        names=_names(labels),
        progress=out.progress,
    )
    remarks = [
        *drawn.remarks,
        *remarks_on_lost_edits(labels, drawn.edited, result.key_slices),
        *remarks_on_sides(limbs_in(image), labels, result.key_slices),
    ]
    warnings = (*labels.warnings, *_warnings_of(last, network), *remarks, *result.warnings)
    # What was edited of labels that were not carried is as it was edited.
    kept = {value: slices for value, slices in drawn.edited.items() if value not in result.key_slices}
    key_slices = joined(drawn.recorded, kept, result.key_slices)
    _write(replace(labels, image=result.label_map, key_slices=key_slices), result, arguments, warnings, out)


def _to_side(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.propagation.mirroring import drawn_by_hand, mirror
    from MuscleSegLib.segmentation.image_reading import read_image
    from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

    labels = read_labelled_volume(arguments.labels)
    result = mirror(read_image(arguments.image), labels, progress=out.progress)
    mirrored = replace(labels, image=result.label_map, labels=result.labels, key_slices=drawn_by_hand(labels))
    _write(mirrored, result, arguments, (*labels.warnings, *result.warnings), out)


def _to_scan(arguments: Namespace, out: Output) -> None:
    from MuscleSegLib.propagation.follow_up import NetworkResults, carry_to_follow_up
    from MuscleSegLib.segmentation.image_reading import read_image
    from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

    if bool(arguments.last) != bool(arguments.network):
        raise InputError("Give both --last and --network, what the network found in either scan, or none of them.")
    labels = read_labelled_volume(arguments.labels)
    last, network = (path and _Found.read(path, labels) for path in (arguments.last, arguments.network))
    networks = NetworkResults(last.label_map, network.label_map) if last and network else None
    scan = read_image(arguments.scan)
    result = carry_to_follow_up(
        read_image(arguments.image),
        labels.image,
        scan,
        networks=networks,
        names=_names(labels),
        progress=out.progress,
    )
    warnings = (*labels.warnings, *_warnings_of(last, network), *result.warnings)
    _write(replace(labels, image=result.label_map, key_slices={}), result, arguments, warnings, out)


def _names(labels: LabelledVolume) -> dict[int, str]:
    return {label.value: label.title for label in labels.labels}


def _values(labels: LabelledVolume, names: Collection[str]) -> set[int]:
    """The values of labels by their title or name, identifier (VL_right), or any name of the muscle (VL right)."""
    from MuscleSegLib.anatomy import find_muscle

    values = set()
    for name in names:
        muscle, side = find_muscle(name)
        found = {
            label.value
            for label in labels.labels
            if name.casefold() in {text.casefold() for text in (label.title, label.segment_id, label.name)}
            or (muscle is not None and label.abbreviation == muscle.abbreviation and side in ("", label.side))
        }
        if not found:
            known = ", ".join(label.title for label in labels.labels)
            raise InputError(f'There is no label "{name}" among {known}.')
        values |= found
    return values


def _keys(path: str, labels: LabelledVolume) -> KeySlices:
    """The key slices of each label that a JSON file names."""
    import json

    from MuscleSegLib.propagation import joined

    file = Path(path)
    if not file.is_file():
        raise InputError(f"There is no file {path}.")
    try:
        named = json.loads(file.read_text(encoding="utf-8-sig"), object_pairs_hook=_together)
        keys = {name: frozenset(slices) for name, slices in named.items() if slices}
        if not all(type(n) is int for slices in keys.values() for n in slices):
            raise TypeError("not a number of a slice")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(
            f'{file.name} does not say which slices were drawn. Write them as {{"gracilis right": [2, 6]}}.'
        ) from error
    return joined(*({value: slices} for name, slices in keys.items() for value in _values(labels, [name])))


def _together(pairs: Sequence[tuple[str, list[object]]]) -> dict[str, list[object]]:
    """What is said under one name, which may be there several times."""
    named: dict[str, list[object]] = {}
    for name, slices in pairs:
        named[name] = named.get(name, []) + slices
    return named


@dataclass(frozen=True)
class _Drawn:
    """What a person drew.

    Attributes:
        keys: The labels that are to be carried, and from where.
        recorded: What LABELS, and the last result, say was drawn in earlier rounds, of any label.
        edited: What was edited since the last result, of any label.
        remarks: Sentences about what a person should know of it.
    """

    keys: KeySlices
    recorded: KeySlices
    edited: KeySlices
    remarks: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        labels: LabelledVolume,
        last: _Found | None,
        wanted: Collection[int],
        locked: Collection[int],
        arguments: Namespace,
    ) -> _Drawn:
        """Find what was drawn: what is said, or else what was edited since the last result, and what is recorded.

        Args:
            labels: As they are now.
            last: The last result.
            wanted: The labels that are to be carried.
            locked: Those that were said to be locked.
            arguments: Those of the command.

        Raises:
            InputError: Nothing was drawn, or nobody says what of a result was.
        """
        import SimpleITK as sitk

        from MuscleSegLib.propagation import drawn_slices, edited_slices, joined
        from MuscleSegLib.propagation.drawing_warnings import remarks_on_absence

        name = Path(arguments.labels).name
        if not sitk.GetArrayViewFromImage(labels.image).any():
            raise InputError(f"{name} shows no label at all, so nothing is drawn in it. Is it the right file?")
        of_file = {value: frozenset(slices) for value, slices in labels.key_slices.items()}
        recorded = joined(of_file, last.key_slices if last else {})
        edited = edited_slices(labels.image, last.label_map) if last else {}
        only = wanted if arguments.only else None
        remarks: list[str] = []
        if arguments.keys:
            drawn = _keys(arguments.keys, labels)
        elif arguments.key:
            drawn = drawn_slices(labels.image, slices=arguments.key, values=only, locked=locked)
            remarks = remarks_on_absence(labels, drawn)
        elif last:
            drawn = joined(recorded, edited)
        elif recorded.keys() & wanted:
            drawn, remarks = _as_recorded(labels, recorded, wanted, name)
        else:
            sides = {label.value: label.side for label in labels.labels}
            drawn = drawn_slices(labels.image, values=only, locked=locked, sides=sides)
            remarks = remarks_on_absence(labels, drawn)
        keys = {v: slices | recorded.get(v, frozenset()) for v, slices in drawn.items() if v in wanted and slices}
        return cls(keys, recorded, edited, remarks)


def _as_recorded(
    labels: LabelledVolume, recorded: KeySlices, wanted: Collection[int], name: str
) -> tuple[KeySlices, list[str]]:
    """What is recorded of labels that were not carried yet, and a sentence about those of which nothing is.

    Raises:
        InputError: They were carried, and nobody knows what was corrected since.
    """
    from MuscleSegLib.propagation.key_slices import shown_slices
    from MuscleSegLib.propagation.slice_grid import SliceGrid

    shown = shown_slices(SliceGrid.of(labels.image).view(labels.image))
    if any(not slices <= recorded[value] for value, slices in shown.items() if value in recorded and value in wanted):
        raise InputError(
            f"{name} was carried already, and nothing says what was corrected since. Give it as it was before that as "
            "--last, or name the slices that were drawn with --key or --keys."
        )
    left = [label.title for label in labels.labels if label.value in shown.keys() & (wanted - recorded.keys())]
    if not left:
        return recorded, []
    return recorded, [
        f"Not drawn by a person, as far as {name} says, and so left as it is: {', '.join(left)}. If it was "
        "corrected, give it as it was before that as --last, or name the slices with --keys."
    ]


@dataclass(frozen=True)
class _Found:
    """What a network found.

    Attributes:
        label_map: Each label numbered as that of the same name in the drawn labels; others left out.
        key_slices: From where a label was carried, when it was made so; numbered likewise.
        is_drawing: Whether no network found it, but a person drew it in a few slices, or it was mirrored from there.
        warnings: Sentences about what a person should check.
    """

    label_map: sitk.Image
    key_slices: KeySlices
    is_drawing: bool
    warnings: tuple[str, ...]

    @classmethod
    def read(cls, path: str, drawn: LabelledVolume) -> _Found:
        """Read a segmentation.

        Raises:
            InputError: It cannot be read, shares no label with the drawn ones, or names do not tell labels apart.
        """
        import numpy as np
        import SimpleITK as sitk

        from MuscleSegLib.propagation.key_slices import is_drawing
        from MuscleSegLib.segmentation.labelled_volume import check_titles
        from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume

        found = read_labelled_volume(path)
        check_titles(drawn.labels)
        check_titles(found.labels)
        numbers = {label.title: label.value for label in drawn.labels}
        titles = {label.title for label in found.labels}
        missing, strange = sorted(numbers.keys() - titles), sorted(titles - numbers.keys())
        name = Path(path).name
        if missing == sorted(numbers):
            raise InputError(f"{name} names no label of those that were drawn. Is it of the same scan and label set?")
        warnings = list(found.warnings)
        if missing and strange:
            warnings.append(
                f"{name} does not name {', '.join(missing)}, but {', '.join(strange)}: are some of them the same, "
                "called differently? What it does not name counts as empty in it."
            )
        array = sitk.GetArrayViewFromImage(found.image)
        lookup = np.zeros(int(array.max()) + 1, sitk.GetArrayViewFromImage(drawn.image).dtype)
        for label in found.labels:
            if label.value < len(lookup):
                lookup[label.value] = numbers.get(label.title, 0)
        label_map = sitk.GetImageFromArray(lookup[array])
        label_map.CopyInformation(found.image)
        key_slices = {
            numbers[label.title]: frozenset(found.key_slices[label.value])
            for label in found.labels
            if label.title in numbers and label.value in found.key_slices
        }
        return cls(label_map, key_slices, is_drawing(found), tuple(warnings))


def _warnings_of(*found: _Found | None) -> tuple[str, ...]:
    return tuple(warning for one in found if one for warning in one.warnings)


def _write(
    labels: LabelledVolume,
    result: Propagation,
    arguments: Namespace,
    warnings: Collection[str],
    out: Output,
) -> None:
    """Write the labels and, where it is asked for, how sure each slice of them is; say which slice to correct next."""
    from MuscleSegLib.propagation.confidence_table import write_confidence_table
    from MuscleSegLib.segmentation.segmentation_writing import write_labelled_volume

    with written_together():
        about = {"MuscleSeg_Warnings": " ".join(warnings)}
        written = [*write_labelled_volume(labels, arguments.output, about)]
        if arguments.confidence:
            write_confidence_table(result, labels, arguments.confidence)
            written.append(arguments.confidence)
    for warning in warnings:
        out.warning(warning)
    for file in written:
        out.file(file)
    if result.suggested_slice is not None:
        out.text(f"slice to correct next: {result.suggested_slice}")
