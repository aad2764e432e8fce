"""What tests of the training share."""

from collections.abc import Callable
from pathlib import Path

import pytest

from Testing.simulation.label_maps import LEG, THIGH, write_body

CONFIG = """
name = "tiny"
title = "A tiny network"
region = "thigh"
architecture = "unet2d"
channels = ["background", "VL", "VM", "RF", "FEM"]
spacing_mm = 5.0
size = 32
steps = 4
batch = 2
evaluate_every = 2
held_out_images = 3
parameters = { channels = [4, 8] }

[[sources]]
folder = "limbs"
title = "Ellipses"
licence = "CC0"
attribution = "Nobody"
held_out = ["B"]
"""


@pytest.fixture(scope="session")
def label_maps(tmp_path_factory) -> Path:
    """A data folder whose ``limbs`` holds the thighs and legs of two bodies, A and B."""
    data = tmp_path_factory.mktemp("data")
    for name in "AB":
        write_body(data / "limbs", name, [LEG, THIGH], slices=2)
    return data


@pytest.fixture
def write_config(tmp_path) -> Callable[..., Path]:
    """Writes the tiny configuration, with (old, new) pieces replaced."""

    def write(*changes: tuple[str, str], name: str = "tiny.toml") -> Path:
        text = CONFIG
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write
