"""How long registering takes and how near it comes, beside SimpleITK's own B-splines; and how labels are best carried.

Run: python Testing/benchmarks/benchmark_registration.py SCAN LABELS [--slab 60 160]

SCAN is a volume of both limbs. It is moved and bent by a known transform, inverted in contrast, made noisy and put on
a map's grid. LABELS is a fine label map of a limb; its slices from --slab on are seen on an anatomical grid, carried to
a map's grid and compared with what the fine one shows there. All in one run, on the CPU.
"""

import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.registration import move_labels, register
from MuscleSegLib.registration.blending import limb_points
from MuscleSegLib.registration.body import find_body
from MuscleSegLib.registration.free_form import find_bspline
from MuscleSegLib.registration.grids import averaged
from MuscleSegLib.registration.limb_pairs import LimbPair, pair_limbs
from MuscleSegLib.registration.linear import find_rigid
from MuscleSegLib.registration.quality import BINS
from MuscleSegLib.registration.threads import one_itk_thread

#: Voxels of the map; control points of the true bending (mm, standard deviation).
MAP_SIZE, MAP_SPACING = (128, 128, 30), (3.5, 3.5, 6.0)
BEND_MM = 3.0
#: Voxel sizes of the anatomical image and of the map that labels are carried between (mm), and how the map is turned.
LABEL_GRIDS = (
    ((1.5, 1.5, 6.0), (2.0, 2.0, 5.0), (0.05, 0.04, 0.06)),
    ((1.5, 1.5, 6.0), (3.0, 3.0, 8.0), (0.05, -0.04, 0.06)),
    ((1.25, 1.25, 4.0), (1.25, 1.25, 4.0), (0.02, 0.0, 0.06)),
    ((2.0, 2.0, 10.0), (1.5, 1.5, 5.0), (0.0, 0.0, 0.0)),
)
#: Labels of fewer voxels are left out.
LEAST_VOXELS = 20


def main() -> None:
    """Print the times and the errors."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("scan", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--slab", type=int, nargs=2, default=(60, 160))
    arguments = parser.parse_args()
    scan = sitk.ReadImage(str(arguments.scan), sitk.sitkFloat32)
    print_registration(scan)
    labels = sitk.Cast(sitk.ReadImage(str(arguments.labels)), sitk.sitkUInt8)
    print_labels(labels[:, :, slice(*arguments.slab)])


def print_registration(scan: sitk.Image) -> None:
    """The whole, then each deformation by the library and by SimpleITK, from the same rigid motion."""
    seen, truth = seen_elsewhere(scan)
    started, used = time.perf_counter(), time.process_time()
    whole = register(seen, scan)
    seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - used
    print(f"register {seen.GetSize()} to {scan.GetSize()}: {seconds:.1f} s, {cpu_seconds:.1f} s of CPU")
    with one_itk_thread():
        for pair in pair_limbs(find_body(seen), find_body(scan)):
            started = time.perf_counter()
            rigid = find_rigid(pair)
            print(f"{pair.side}: error of the scanner's coordinates {error_mm(pair, sitk.Transform(), truth)}")
            print(f"  the whole result                 {error_mm(pair, whole.transform, truth)}")
            print(f"  rigid             {time.perf_counter() - started:5.1f} s, {error_mm(pair, rigid, truth)}")
            times = {}
            for name, find in (("free form", find_bspline), ("SimpleITK B-spline", itk_bspline)):
                started = time.perf_counter()
                found = sitk.CompositeTransform([sitk.Transform(rigid), sitk.Transform(find(pair, rigid))])
                times[name] = time.perf_counter() - started
                print(f"  {name:18s}{times[name]:5.1f} s, {error_mm(pair, found, truth)}")
            print(f"  SimpleITK takes {times['SimpleITK B-spline'] / times['free form']:.1f} times as long")


def seen_elsewhere(scan: sitk.Image) -> tuple[sitk.Image, sitk.Transform]:
    """The scan as a map shows it, and the transform from points of the map to points of the scan."""
    middle = scan.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in scan.GetSize()])
    grid = sitk.Image(MAP_SIZE, sitk.sitkFloat32)
    grid.SetSpacing(MAP_SPACING)
    grid.SetOrigin([at - (n - 1) / 2 * mm for at, n, mm in zip(middle, MAP_SIZE, MAP_SPACING, strict=True)])
    random = np.random.default_rng(1)
    bend = sitk.BSplineTransformInitializer(grid, [8, 8, 3], 3)
    bend.SetParameters(random.normal(0, BEND_MM, len(bend.GetParameters())).tolist())
    motion = sitk.Euler3DTransform(middle, 0.04, -0.03, 0.06, (5.0, -4.0, 6.0))
    truth = sitk.CompositeTransform([sitk.Transform(motion), sitk.Transform(bend)])
    values = sitk.GetArrayFromImage(sitk.Resample(scan, grid, truth, sitk.sitkLinear, 0.0))
    level = float(np.percentile(values, 98))
    inverted = np.where(values > 0.1 * level, 1.1 * level - values.clip(max=level), 0)
    noisy = np.hypot(*(random.normal(0, 0.04 * level, values.shape) + part for part in (inverted, 0)))
    seen = sitk.GetImageFromArray(noisy.astype(np.float32))
    seen.CopyInformation(grid)
    return seen, truth


def itk_bspline(pair: LimbPair, start: sitk.Transform) -> sitk.Transform:
    """The same control points, found by SimpleITK's registration framework with LBFGS-B on all compared voxels."""
    extents = [(n - 1) * mm for n, mm in zip(pair.fixed.GetSize(), pair.fixed.GetSpacing(), strict=True)]
    deformation = sitk.BSplineTransformInitializer(pair.fixed, [max(1, round(mm / 40.0)) for mm in extents], 3)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(BINS)
    method.SetMetricFixedMask(pair.compared)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetMovingInitialTransform(start)
    method.SetInitialTransform(deformation, inPlace=True)
    method.SetOptimizerAsLBFGSB(gradientConvergenceTolerance=1e-5, numberOfIterations=20)
    method.Execute(averaged(pair.fixed, 2.0), averaged(pair.moving, 2.0))
    return deformation


def error_mm(pair: LimbPair, found: sitk.Transform, truth: sitk.Transform) -> str:
    """How far from the truth points of the limb are taken."""
    points = limb_points(pair, 500)
    errors = np.linalg.norm([np.subtract(found.TransformPoint(p), truth.TransformPoint(p)) for p in points], axis=1)
    return f"mean {errors.mean():5.2f} mm, largest {errors.max():5.2f} mm"


def print_labels(fine: sitk.Image) -> None:
    """For each way to carry labels: time, DSC with the truth and error of volumes."""
    ways: dict[str, Callable[[sitk.Image, sitk.Image], sitk.Image]] = {
        "nearest": lambda labels, grid: sitk.Resample(labels, grid, sitk.Transform(), sitk.sitkNearestNeighbor, 0),
        "LabelGaussian": lambda labels, grid: sitk.Resample(labels, grid, sitk.Transform(), sitk.sitkLabelGaussian, 0),
        "signed distances": by_signed_distance,
        "move_labels": lambda labels, grid: move_labels(labels, grid, sitk.Transform()),
    }
    identity = sitk.Transform()
    print(f"{'labels':40s} {'seconds':>8s} {'DSC':>6s} {'five thinnest':>14s} {'volume error':>13s}")
    for anatomical_mm, map_mm, angles in LABEL_GRIDS:
        anatomical = over(fine, anatomical_mm, (0.0, 0.0, 0.0))
        grid = over(fine, map_mm, angles)
        labels = sitk.Resample(fine, anatomical, identity, sitk.sitkNearestNeighbor, 0)
        there = sitk.Resample(anatomical + 1, grid, identity, sitk.sitkNearestNeighbor, 0)
        truth = sitk.GetArrayFromImage(sitk.Resample(fine, grid, identity, sitk.sitkNearestNeighbor, 0) * there)
        for name, way in ways.items():
            started = time.perf_counter()
            carried = sitk.GetArrayFromImage(way(labels, grid))
            seconds = time.perf_counter() - started
            print(f"{anatomical_mm!s:17s} {map_mm!s:17s} {name:17s} {seconds:5.2f}  {compared(carried, truth)}")


def over(image: sitk.Image, spacing: tuple[float, float, float], angles: tuple[float, float, float]) -> sitk.Image:
    """An empty grid over ``image``, off its voxels by fractions and turned."""
    grid = sitk.Image(
        [int(n * mm / s) for n, mm, s in zip(image.GetSize(), image.GetSpacing(), spacing, strict=True)], 1
    )
    turned = np.array(sitk.Euler3DTransform((0, 0, 0), *angles).GetMatrix()).reshape(3, 3)
    grid.SetDirection((turned @ np.array(image.GetDirection()).reshape(3, 3)).ravel().tolist())
    grid.SetSpacing(spacing)
    grid.SetOrigin([at + 0.37 * mm for at, mm in zip(image.GetOrigin(), spacing, strict=True)])
    return grid


def by_signed_distance(labels: sitk.Image, grid: sitk.Image) -> sitk.Image:
    """Each voxel to the label (or background) whose interpolated signed distance is smallest."""
    best = np.full(grid.GetSize()[::-1], np.inf, np.float32)
    found = np.zeros(best.shape, np.uint8)
    for value in np.unique(sitk.GetArrayViewFromImage(labels)):
        distance = sitk.SignedMaurerDistanceMap(labels == int(value), squaredDistance=False, useImageSpacing=True)
        there = sitk.GetArrayFromImage(
            sitk.Resample(distance, grid, sitk.Transform(), sitk.sitkLinear, 0.0 if value == 0 else 1e3)
        )
        nearer = there < best
        best[nearer], found[nearer] = there[nearer], value
    image = sitk.GetImageFromArray(found)
    image.CopyInformation(grid)
    return image


def compared(labels: np.ndarray, truth: np.ndarray) -> str:
    """Mean DSC, that of the five lowest, and mean relative error of volume."""
    values = [value for value in np.unique(truth) if value and (truth == value).sum() >= LEAST_VOXELS]
    sizes = [((labels == value).sum(), (truth == value).sum()) for value in values]
    dice = [2 * ((labels == v) & (truth == v)).sum() / sum(size) for v, size in zip(values, sizes, strict=True)]
    volume = np.mean([abs(found / true - 1) for found, true in sizes])
    return f"{np.mean(dice):6.4f} {np.sort(dice)[:5].mean():14.4f} {100 * volume:11.1f} %"


if __name__ == "__main__":
    main()
