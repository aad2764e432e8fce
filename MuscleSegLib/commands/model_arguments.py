"""Arguments by which several commands choose models and where they run."""

from argparse import ArgumentParser
from pathlib import Path


def add_model(parser: ArgumentParser) -> None:
    """Declare ``--model``, ``--models-dir`` and ``--device``."""
    parser.add_argument("--model", default="hrnet", help="a family (hrnet, unet2d) or one model by name (%(default)s)")
    add_models_dir(parser)
    add_device(parser)


def add_models_dir(parser: ArgumentParser) -> None:
    """Declare ``--models-dir``."""
    parser.add_argument(
        "--models-dir",
        type=Path,
        metavar="DIR",
        help="models of your own, instead of those in ~/.muscleseg/models; they come before bundled ones so called",
    )


def add_device(parser: ArgumentParser) -> None:
    """Declare ``--device``."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="(%(default)s)")
