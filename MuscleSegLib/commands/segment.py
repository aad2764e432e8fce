"""``muscleseg segment``: an image in, a segmentation out."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.model_arguments import add_model
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.paths import check_free

HELP = "segment the muscles in an MR volume of the thighs or legs"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("image", help="a file of any format that SimpleITK reads, or the folder of a DICOM series")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="OUT",
        help=".seg.nrrd for Slicer, or .nii.gz with a .tsv beside it",
    )
    add_model(parser)
    parser.add_argument(
        "--region", choices=("auto", "thigh", "leg"), default="auto", help="what is shown (%(default)s)"
    )
    parser.add_argument(
        "--side",
        choices=("auto", "left", "right"),
        default="auto",
        help="which limb it is, for an image of a single one (%(default)s: from its position)",
    )
    parser.add_argument("--labels", default="muscleseg", metavar="SET", help="the muscles to tell apart (%(default)s)")
    parser.add_argument("--qc", type=Path, metavar="PNG", help="write a picture of slices with the muscles' outlines")
    parser.add_argument("--overwrite", action="store_true", help="replace what is there, edits in it included")


def run(arguments: Namespace) -> None:
    """Segment, write, and say what to look at.

    Raises:
        MuscleSegError: Something cannot be used; nothing was written.
    """
    from MuscleSegLib.atomic import written_together
    from MuscleSegLib.segmentation import segment
    from MuscleSegLib.segmentation.image_reading import read_image
    from MuscleSegLib.segmentation.qc import check_montage, write_montage
    from MuscleSegLib.segmentation.segmentation_writing import check_output_path, output_files, write_segmentation

    output = check_output_path(arguments.output)
    pictures = [arguments.qc] if arguments.qc else []
    for picture in pictures:
        check_montage(picture)
    check_free([*output_files(output), *pictures], overwrite=arguments.overwrite, inputs=[arguments.image])
    with output_for(arguments) as out:
        image = read_image(arguments.image)
        result = segment(
            image,
            model=arguments.model,
            region=arguments.region,
            side=arguments.side,
            labels=arguments.labels,
            device=arguments.device,
            models_dir=arguments.models_dir,
            progress=out.progress,
        )
        with written_together():
            for picture in pictures:
                out.progress(1.0, "Drawing the picture")
                write_montage(image, result, picture)
            written = write_segmentation(result, output)
        for warning in result.warnings:
            out.warning(warning.text, slice=warning.slice, label=warning.value, kind=warning.kind)
        for path in (*written, *pictures):
            out.file(path)
