"""``muscleseg register``: two images of the same limbs in, the transform between them out."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

from MuscleSegLib.atomic import written_together
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.paths import check_free
from MuscleSegLib.commands.segmented_image import check_segmented
from MuscleSegLib.errors import InputError

HELP = "lay an anatomical image over a map (or any two images of the same limbs), each limb on its own"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "fixed", help="the image that stays: to measure in a map, the map or the image it was made from"
    )
    parser.add_argument("moving", help="the image that is laid over it, such as the one that was segmented")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help=".h5 or .tfm, for Slicer and for measure --transform; its quality beside it (.json)",
    )
    parser.add_argument(
        "--finest",
        choices=("rigid", "affine", "bspline"),
        default="bspline",
        help="how far to go; each step is kept only where it makes the limb lie better (%(default)s)",
    )
    parser.add_argument(
        "--labels", metavar="SEG", help="a segmentation of the moving image: its muscles tell the last millimetre"
    )
    parser.add_argument(
        "--carried", type=Path, metavar="SEG", help="carry those labels to the fixed image's grid, and write them here"
    )
    parser.add_argument("--qc", type=Path, metavar="PNG", help="write a picture of both images before and after")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there")


def run(arguments: Namespace) -> None:
    """Register, write, and say what to look at.

    Raises:
        MuscleSegError: Something cannot be used; nothing was written.
    """
    from MuscleSegLib.registration import move_labels, register, write_transform
    from MuscleSegLib.registration.picture import write_picture
    from MuscleSegLib.registration.quality_file import quality_path, write_quality
    from MuscleSegLib.registration.transform_files import check_transform_path
    from MuscleSegLib.segmentation.image_reading import read_image
    from MuscleSegLib.segmentation.qc import check_montage
    from MuscleSegLib.segmentation.segmentation_reading import read_labelled_volume
    from MuscleSegLib.segmentation.segmentation_writing import (
        check_output_path,
        output_files,
        write_labelled_volume,
    )

    output = check_transform_path(arguments.output)
    if arguments.carried and not arguments.labels:
        raise InputError("--carried needs --labels: the segmentation that is to be carried to the new grid.")
    carried_files = output_files(check_output_path(arguments.carried)) if arguments.carried else []
    labels_files = output_files(Path(arguments.labels)) if arguments.labels else []
    if arguments.qc:
        check_montage(arguments.qc)
    check_free(
        [output, quality_path(output), *carried_files, arguments.qc],
        overwrite=arguments.overwrite,
        inputs=[arguments.fixed, arguments.moving, *labels_files],
    )
    with output_for(arguments) as out:
        fixed, moving = read_image(arguments.fixed), read_image(arguments.moving)
        labels = read_labelled_volume(arguments.labels) if arguments.labels else None
        if labels:
            check_segmented(moving, arguments.moving, labels)
        inputs = {"fixed": Path(arguments.fixed).name, "moving": Path(arguments.moving).name}
        names = inputs["fixed"], inputs["moving"]
        muscles = labels.image if labels else None
        result = register(fixed, moving, finest=arguments.finest, muscles=muscles, names=names, progress=out.progress)
        out.progress(1.0, "Writing")
        written = [output, quality_path(output)]
        with written_together():
            if labels and arguments.carried:
                carried = replace(labels, image=move_labels(labels.image, fixed, result.transform))
                about = {"MuscleSeg_Carried": "to the grid of another image, by registration"}
                written += write_labelled_volume(carried, arguments.carried, about)
            if arguments.qc:
                write_picture(fixed, moving, result, arguments.qc)
                written.append(arguments.qc)
            write_quality(result, inputs, quality_path(output))
            write_transform(result.transform, output)
        for warning in (*result.warnings, *(labels.warnings if labels else ())):
            out.warning(warning)
        for path in written:
            out.file(path)
