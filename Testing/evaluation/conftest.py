"""The configuration of a training that leaves out one of the bodies that the tests write."""

from MuscleSegLib.training.config import DataSource, TrainingConfig
from Testing.segmentation.stand_in_models import CHANNELS

CONFIG = TrainingConfig(
    name="tiny",
    title="tiny",
    region="thigh",
    architecture="unet2d",
    channels=CHANNELS["thigh"],
    spacing_mm=2.0,
    size=96,
    steps=1,
    batch=1,
    sources=(DataSource("limbs", "Ellipses", "CC0", "Nobody", held_out=("B",)),),
)
