"""``muscleseg map``: parameter maps of muscle from what the scanner gives."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.atomic import written_together
from MuscleSegLib.commands import map_ff, map_mtr, map_ready_made, map_t2
from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.map_plan import MapPlan
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.commands.output_file import add_output
from MuscleSegLib.commands.paths import check_free

HELP = "make a map of fat fraction (ff), T2 (t2) or magnetisation transfer ratio (mtr), or take a ready-made one"
#: What a map can be made of: each declares its arguments, and plans what they ask for.
_KINDS = {"ff": map_ff, "mtr": map_mtr, "t2": map_t2, "ready-made": map_ready_made}


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    kinds = parser.add_subparsers(required=True, metavar="MAP")
    for name, kind in _KINDS.items():
        own = kinds.add_parser(name, help=kind.HELP, description=kind.HELP)
        kind.add_arguments(own)
        add_output(own, ".nrrd, or .nii.gz (Slicer reads voxels without a value in it as 0); with a .json beside it")
        own.set_defaults(plan=kind.plan)


def run(arguments: Namespace) -> None:
    """Make the maps, write them, and say what to know of them.

    Raises:
        MuscleSegError: Something cannot be used, or packages are not installed; nothing was written.
    """
    with extra_packages("measure"), output_for(arguments) as out:
        from MuscleSegLib.maps.parameter_map import check_map_path, map_files, write_map
        from MuscleSegLib.segmentation.image_reading import split_choice

        output = check_map_path(arguments.output)
        plan: MapPlan = arguments.plan(arguments)
        asked_for, *further = plan.quantities
        paths = {asked_for: output} | {quantity: _beside(output, quantity) for quantity in further}
        check_free(
            [file for path in paths.values() for file in map_files(path)],
            overwrite=arguments.overwrite,
            inputs=[file for given in plan.inputs for file in map_files(split_choice(str(given))[0])],
        )
        maps = plan.make(out.progress)
        with written_together():
            written = [file for made in maps for file in write_map(made, paths[made.quantity])]
        for warning in dict.fromkeys(warning for made in maps for warning in made.warnings):
            out.warning(warning)
        for file in written:
            out.file(file)


def _beside(output: Path, quantity: str) -> Path:
    """``ff.nii.gz`` and B0: ``ff_b0.nii.gz``."""
    stem, dot, suffix = output.name.partition(".") if output.name.endswith(".nii.gz") else output.name.rpartition(".")
    return output.with_name(f"{stem}_{quantity.lower()}{dot}{suffix}")
