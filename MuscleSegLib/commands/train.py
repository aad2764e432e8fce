"""``muscleseg train``: train a model from a configuration, or go on where it stopped."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from MuscleSegLib.commands.extras import extra_packages
from MuscleSegLib.commands.model_arguments import add_device
from MuscleSegLib.commands.output import output_for
from MuscleSegLib.errors import InputError

HELP = "train a model, or go on with a training that was stopped"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("config", type=Path, help="a TOML file; Resources/Training holds those of the bundled models")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="where the folders it names are")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="for checkpoint, log, pictures and the finished model"
    )
    add_device(parser)
    parser.add_argument("--minutes", type=float, help="stop at the first checkpoint after so long; run again to go on")


def run(arguments: Namespace) -> None:
    """Train and say where the model is.

    Raises:
        MuscleSegError: The configuration or the data cannot be used, or packages are not installed.
    """
    with extra_packages("train"):
        from MuscleSegLib.training.run import run_training

    if arguments.output.exists() and not arguments.output.is_dir():
        raise InputError(f"{arguments.output} is a file. Name a folder to train in.")
    if arguments.minutes is not None and not arguments.minutes >= 0:
        raise InputError(f"Nobody can train for {arguments.minutes:g} minutes. Give --minutes 0 or more.")
    with output_for(arguments) as out:
        card = run_training(
            arguments.config,
            arguments.data,
            arguments.output,
            device=arguments.device,
            minutes=arguments.minutes,
            report=out.text,
        )
        if card is None:
            out.text(f"Not finished: run the same command again to go on from the checkpoint in {arguments.output}.")
        else:
            out.file(card.folder)
