"""Networks whose answer can be worked out by hand, in the place of trained ones."""

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from MuscleSegLib.networks.cards import Architecture, ModelCard, NetworkInput, Weights
from MuscleSegLib.segmentation.models import LoadedModel
from MuscleSegLib.segmentation.regions import CLASSES, Region

CHANNELS = {
    "thigh": tuple("background VL VI VM RF Sa Gr AM AL AB SM ST BFL BFS FEM".split()),
    "leg": tuple("background GL GM So TA EDL EHL TP FDL FHL PER Pop TIB FIB".split()),
}
#: Lateral and medial in front, lateral and medial behind.
QUADRANTS = {"thigh": ("VL", "VM", "BFL", "SM"), "leg": ("TA", "FHL", "GL", "GM")}


class Quadrants(nn.Module):
    """What is not air is one of four muscles, by where in the crop it is."""

    def __init__(self, region: Region) -> None:
        super().__init__()
        self._count = len(CHANNELS[region])
        self._muscles = torch.tensor([CHANNELS[region].index(muscle) for muscle in QUADRANTS[region]])

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        size = crops.shape[-1]
        half = torch.arange(size) >= size / 2
        muscle = self._muscles[half[:, None].long() * 2 + half[None, :].long()]
        logits = torch.zeros(len(crops), self._count, size, size)
        logits.scatter_(1, muscle.expand(len(crops), 1, size, size), 6.0)
        logits[:, :1] = torch.where(crops < -0.85, 12.0, 0.0)
        return logits


class Answers(nn.Module):
    """A classifier that always gives one class."""

    def __init__(self, answer: str) -> None:
        super().__init__()
        self._logits = torch.tensor([6.0 if name == answer else 0.0 for name in CLASSES])

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        return self._logits.expand(len(crops), len(CLASSES))


class ThighWhereTwoTissues(nn.Module):
    """A classifier that takes a limb of muscle and fat for a thigh, and one of a single tissue for something else."""

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        muscle = ((crops > -0.6) & (crops < -0.15)).float().mean((1, 2, 3)) > 0.1
        return 6 * F.one_hot(torch.where(muscle, CLASSES.index("thigh"), CLASSES.index("other")), len(CLASSES)).float()


class LateralIsBright(nn.Module):
    """A classifier that takes the brighter half of a thigh for its lateral one."""

    def forward(self, crops: torch.Tensor) -> torch.Tensor:
        lateral, medial = (half.mean((1, 2, 3)) for half in crops.chunk(2, dim=-1))
        answer = torch.where(lateral > medial, CLASSES.index("thigh"), CLASSES.index("mirrored thigh"))
        return 6 * F.one_hot(answer, len(CLASSES)).float()


def card(name: str, channels: tuple[str, ...], region: str, task: str) -> ModelCard:
    return ModelCard(
        folder=Path(name),
        name=name,
        version="1",
        title=name,
        task=task,
        region=region,
        architecture=Architecture("stand-in", {}),
        input=NetworkInput(spacing_mm=2.0, size=96, normalisation="foreground-mean"),
        channels=channels,
        training={},
        metrics=(),
        licence="Apache-2.0",
        weights=Weights("none", ""),
    )


class StandInModels:
    """Quadrants for thigh and leg, and a classifier, or one that always says ``answer``."""

    def __init__(self, answer: str | nn.Module = "thigh") -> None:
        self._classifier = Answers(answer) if isinstance(answer, str) else answer

    def for_region(self, region: Region) -> LoadedModel:
        return LoadedModel(
            card(f"{region}-quadrants", CHANNELS[region], region, "segmentation"),
            Quadrants(region),
            torch.device("cpu"),
        )

    def only_region(self) -> None:
        return None

    def left_out(self) -> tuple[str, ...]:
        return ()

    def classifier(self) -> LoadedModel:
        return LoadedModel(
            card("stand-in-classifier", CLASSES, "any", "classification"), self._classifier, torch.device("cpu")
        )
