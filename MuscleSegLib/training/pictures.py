"""What a person looks at while a network trains: the curves, and the images it sees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from MuscleSegLib.atomic import written_atomically


def draw_curves(path: Path, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """PNG of the training loss and the held-out score against the step."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    steps = [row["step"] for row in rows]
    axes.plot(steps, [row["loss"] for row in rows], color="tab:blue")
    axes.set(xlabel="step", title=title)
    axes.set_ylabel("training loss", color="tab:blue")
    score = axes.twinx()
    score.plot(steps, [row["held_out_score"] for row in rows], color="tab:red")
    score.set_ylabel("score on the held-out set", color="tab:red")
    score.set_ylim(0, 1)
    with written_atomically(path) as temporary:
        figure.savefig(temporary, dpi=100, format="png")


def draw_samples(path: Path, images: Tensor, targets: Tensor, title: str) -> None:
    """PNG of up to 16 images (N, 1, H, W) with the borders of their targets (N, H, W) in yellow on every second row."""
    figure = Figure(figsize=(16, 9), layout="constrained")
    figure.suptitle(title)
    count = min(len(images), 16)
    for place, axes in enumerate(figure.subplots(4, 8).flat):
        row, column = divmod(place, 8)
        axes.axis("off")
        index = (row // 2) * 8 + column
        if index >= count:
            continue
        image = images[index, 0].numpy()
        axes.imshow(image, cmap="gray", vmax=np.percentile(image, 99.5))
        if row % 2 and targets.ndim == 3:
            labels = targets[index].numpy()
            axes.contour(labels, np.unique(labels)[1:] - 0.5, colors="y", linewidths=0.5)
    with written_atomically(path) as temporary:
        figure.savefig(temporary, dpi=80, format="png")
