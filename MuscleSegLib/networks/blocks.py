"""The piece that the networks share: a convolution, batch normalisation, ReLU."""

from torch import nn


class ConvUnit(nn.Sequential):
    """Convolution without bias, batch normalisation and, where ``activate``, ReLU. Keeps H x W at stride 1."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, activate: bool = True) -> None:
        layers: list[nn.Module] = [
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        if activate:
            layers.append(nn.ReLU(inplace=True))
        super().__init__(*layers)
