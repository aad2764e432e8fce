"""Free-form deformation of a limb: cubic B-splines that make mutual information large and stay smooth.

Rueckert et al., Nonrigid registration using free-form deformations: application to breast MR images, IEEE TMI 18:712
(1999). SimpleITK's framework has no penalty on roughness, without which the deformation follows noise, and its mutual
information looks at every control point for every sample: ``Testing/benchmarks/benchmark_registration.py`` measures
both. What comes out is SimpleITK's own B-spline transform.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
import torch
from torch import Tensor
from torch.nn import functional as F

from MuscleSegLib.registration.limb_pairs import LimbPair
from MuscleSegLib.registration.linear_parts import matrix_and_offset
from MuscleSegLib.registration.quality import BINS
from MuscleSegLib.segmentation.grids import index_to_lps

#: Distance between control points.
_CONTROL_MM = 40.0
#: What a mean squared second difference of 1 mm² between neighbouring control points costs, in nats.
_ROUGHNESS = 0.01
#: Voxels compared; the same ones for the same images.
_SAMPLES, _SEED = 20000, 20230826
_ITERATIONS = 30
#: The joint histogram goes from the first to the second quantile of the grey values.
_QUANTILES = 0.001, 0.999


def find_bspline(pair: LimbPair, start: sitk.Transform) -> sitk.BSplineTransform:
    """The deformation that, followed by the linear transform ``start``, takes the limb to the moving image.

    It is defined within the grid of ``pair.fixed``.
    """
    extents = [(n - 1) * mm for n, mm in zip(pair.fixed.GetSize(), pair.fixed.GetSpacing(), strict=True)]
    mesh = [max(1, round(extent / _CONTROL_MM)) for extent in extents]
    deformation = sitk.BSplineTransformInitializer(pair.fixed, mesh, 3)
    samples = _Samples.draw(pair, start, mesh)
    coefficients = torch.zeros(3, *(count + 3 for count in reversed(mesh)), requires_grad=True)
    optimiser = torch.optim.LBFGS([coefficients], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

    def cost() -> Tensor:
        optimiser.zero_grad()
        value = _ROUGHNESS * _roughness(coefficients) - samples.mutual_information(coefficients)
        value.backward()
        return value

    optimiser.step(cost)
    deformation.SetParameters(coefficients.detach().double().flatten().tolist())
    return deformation


@dataclass(frozen=True)
class _Samples:
    """Voxels of the fixed image, and the moving image at which they are looked for.

    Attributes:
        voxels: (N,) each voxel's number in the fixed grid.
        weights: For slices, rows and columns: (voxels along it, control points along it), the cubic B-splines.
        positions: (N, 3) where ``start`` takes the voxels, in the moving image's coordinates of ``grid_sample``.
        to_moving: (3, 3) from displacements in the fixed image (mm) to those coordinates.
        fixed: (N, BINS) each voxel's part in the bins of grey values.
        moving: (1, 1, slices, rows, columns) grey values in bins.
    """

    voxels: Tensor
    weights: tuple[Tensor, Tensor, Tensor]
    positions: Tensor
    to_moving: Tensor
    fixed: Tensor
    moving: Tensor

    @classmethod
    def draw(cls, pair: LimbPair, start: sitk.Transform, mesh: list[int]) -> _Samples:
        voxels = np.flatnonzero(sitk.GetArrayViewFromImage(pair.compared))
        if len(voxels) > _SAMPLES:
            voxels = np.sort(np.random.default_rng(_SEED).choice(voxels, _SAMPLES, replace=False))
        fixed, moving = sitk.GetArrayFromImage(pair.fixed), sitk.GetArrayFromImage(pair.moving)
        indices = np.stack(np.unravel_index(voxels, fixed.shape)[::-1], 1)
        to_lps, moving_to_lps = index_to_lps(pair.fixed), index_to_lps(pair.moving)
        linear, offset = matrix_and_offset(start)
        to_grid = np.linalg.inv(moving_to_lps[:3, :3]) * (2 / np.array(pair.moving.GetSize()))[:, None]
        first = np.array(pair.moving.TransformContinuousIndexToPhysicalPoint((-0.5, -0.5, -0.5)))
        positions = ((indices @ to_lps[:3, :3].T + to_lps[:3, 3]) @ linear.T + offset - first) @ to_grid.T - 1
        return cls(
            voxels=torch.from_numpy(voxels),
            weights=(
                _splines(fixed.shape[0], mesh[2]),
                _splines(fixed.shape[1], mesh[1]),
                _splines(fixed.shape[2], mesh[0]),
            ),
            positions=torch.from_numpy(positions).float(),
            to_moving=torch.from_numpy(to_grid @ linear).float(),
            fixed=_shares(torch.from_numpy(_binned(fixed)).flatten()[voxels]),
            moving=torch.from_numpy(_binned(moving))[None, None],
        )

    def mutual_information(self, coefficients: Tensor) -> Tensor:
        """In nats, of the samples that are taken into the moving image by (3, …) control points in mm."""
        slices, rows, columns = self.weights
        displacements = torch.einsum("dabc,za,yb,xc->dzyx", coefficients, slices, rows, columns).flatten(1)
        positions = self.positions + displacements[:, self.voxels].T @ self.to_moving.T
        inside = (positions.detach().abs() <= 1).all(1)
        grey = F.grid_sample(self.moving, positions[None, None, None], padding_mode="border", align_corners=False)
        joint = (self.fixed * inside[:, None]).T @ _shares(grey.flatten())
        joint = joint / joint.sum().clamp(min=1)
        independent = joint.sum(0, keepdim=True) * joint.sum(1, keepdim=True)
        tiny = 1e-12
        return (joint * ((joint + tiny).log() - (independent + tiny).log())).sum()


def _splines(voxels: int, mesh: int) -> Tensor:
    """(voxels, mesh + 3): the cubic B-spline of each control point at each voxel, laid out as ITK does."""
    positions = torch.linspace(0, mesh, voxels)[:, None] + 1 - torch.arange(mesh + 3)
    return _cubic(positions)


def _cubic(x: Tensor) -> Tensor:
    distance = x.abs()
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - distance).clamp(min=0) ** 3 / 6
    return torch.where(distance < 1, near, far)


def _binned(values: np.ndarray) -> np.ndarray:
    """Grey values as positions among the bins, with room for the width of a B-spline at either end."""
    low, high = np.quantile(values, _QUANTILES)
    return ((values - low) / max(high - low, 1e-12)).clip(0, 1).astype(np.float32) * (BINS - 3) + 1


def _shares(positions: Tensor) -> Tensor:
    """(N,) positions among the bins to (N, BINS): the part that each has in each bin."""
    return _cubic(positions[:, None] - torch.arange(BINS))


def _roughness(coefficients: Tensor) -> Tensor:
    """The mean squared second difference along each axis, in mm²: 0 for any linear deformation."""
    return torch.stack([torch.diff(coefficients, n=2, dim=axis).square().mean() for axis in (1, 2, 3)]).sum()
