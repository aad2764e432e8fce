"""Propagation beside other ways to fill the slices between those that were drawn, and how long it takes.

Run: python Testing/benchmarks/benchmark_propagation.py [--data DIR] [--threads N]

The ways beside it are ITK's morphological contour interpolation (Slicer's "Fill between slices"; pip install
itk-morphologicalcontourinterpolation), shape-based interpolation (Raya and Udupa 1990), and our own blending along SyN
between neighbouring slices (pip install antspyx) in place of our registration. All have the same drawn slices of the
same simulated volumes. Those that are not installed are left out.

Albu AB, Beugeling T, Laurendeau D. A morphology-based approach for interslice interpolation of anatomical slices from
volumetric images. IEEE Trans Biomed Eng 55:2022 (2008).
"""

import os
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray

from MuscleSegLib.evaluation.propagation import every_fifth, three_in_twenty
from MuscleSegLib.evaluation.subjects import subjects_of
from MuscleSegLib.propagation import drawn_slices, edited_slices, propagate, slice_motion_of
from MuscleSegLib.propagation.motion import SliceMotion
from MuscleSegLib.resources import resources_dir
from MuscleSegLib.segmentation import segment
from MuscleSegLib.simulation.limb_slices import read_limb_slices

#: File (without its ending), whether it holds muscles alone, the part of its length, and the contrast.
SOURCES = (
    ("thigh_labels/MyoSegmenTUM_Water_HV003_3", True, (0.0, 1.0), "t1"),
    ("thigh_labels/Helsinki_STIR_THIGH_119", True, (0.1, 0.9), "dixon_water"),
    ("limbs/VHM", False, (0.55, 0.75), "t1"),
    ("limbs/VHF", False, (0.1, 0.35), "dixon_water"),
)
#: Smallest muscle that counts, voxels in the slices that were not drawn.
LEAST_VOXELS = 40
#: Columns, rows and slices of the volume whose speed is measured.
SIZE = (320, 320, 30)
#: What one correction should take at most, in seconds on two cores.
TARGET_S = 2.0


@dataclass(frozen=True)
class Case:
    """A simulated volume, and our registration of its slices: SyN gets the working grid from there, untimed."""

    name: str
    image: sitk.Image
    truth: sitk.Image
    motion: SliceMotion


def cases(data: Path) -> Iterator[Case]:
    """Thighs and legs of bodies of both sources."""
    for seed, (name, muscles_only, (low, high), sequence) in enumerate(SOURCES):
        files = sorted((data / name).parent.glob(Path(name).name + "*.nii.gz"))
        slices = read_limb_slices(files, muscles_only=muscles_only)
        (subject,) = subjects_of(slices)
        heights = subject.own_heights_mm()
        heights = heights[round(low * len(heights)) : round(high * len(heights))]
        volume = subject.volume(heights, sequence=sequence, seed=seed)
        yield Case(Path(name).name, volume.image, volume.label_map, slice_motion_of(volume.image))


#: From a case and what was drawn of it to the labels of all slices.
Fill = Callable[[Case, sitk.Image], NDArray[np.integer]]


def only(label_map: sitk.Image, keys: list[int]) -> sitk.Image:
    """What a person drew who drew these slices."""
    array = sitk.GetArrayFromImage(label_map)
    drawn = np.zeros_like(array)
    drawn[keys] = array[keys]
    image = sitk.GetImageFromArray(drawn)
    image.CopyInformation(label_map)
    return image


def ours(case: Case, drawn: sitk.Image) -> NDArray[np.integer]:
    """Propagation, registration included."""
    return sitk.GetArrayFromImage(propagate(case.image, drawn, drawn_slices(drawn)).label_map)


def shape_based(_case: Case, drawn: sitk.Image) -> NDArray[np.integer]:
    """Signed distances of each label, interpolated linearly between the drawn slices; the nearest beyond them."""
    array = sitk.GetArrayFromImage(drawn)
    keys = np.flatnonzero(array.any((1, 2)))
    filled, deepest = array.copy(), np.zeros(array.shape, np.float32)
    for value in np.unique(array[array > 0]):
        at_keys = np.stack([_distance(array[key] == value, drawn.GetSpacing()[:2]) for key in keys])
        for n in range(len(array)):
            if n in keys:
                continue
            after = int(np.searchsorted(keys, n))
            low, high = max(after - 1, 0), min(after, len(keys) - 1)
            part = 0.0 if low == high else (n - keys[low]) / (keys[high] - keys[low])
            distance = (1 - part) * at_keys[low] + part * at_keys[high]
            inside = distance > deepest[n]
            filled[n][inside], deepest[n][inside] = value, distance[inside]
    return filled


def _distance(mask: NDArray[np.bool_], spacing: tuple[float, float]) -> NDArray[np.float32]:
    if not mask.any():
        return np.full(mask.shape, -10.0, np.float32)
    image = sitk.GetImageFromArray(mask.astype(np.uint8))
    image.SetSpacing(spacing)
    return sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False, useImageSpacing=True)
    )


def morphological(_case: Case, drawn: sitk.Image) -> NDArray[np.integer]:
    """ITK's filter, which leaves what lies beyond the outermost drawn slices empty."""
    import itk

    array = sitk.GetArrayFromImage(drawn)
    image = itk.GetImageFromArray(array)
    return itk.GetArrayFromImage(itk.morphological_contour_interpolator(image, axis=2))


def along_syn(case: Case, drawn: sitk.Image) -> NDArray[np.integer]:
    """Our carrying and blending along the motion that SyN finds between neighbouring slices."""
    motion = syn_motion(case)
    return sitk.GetArrayFromImage(propagate(case.image, drawn, drawn_slices(drawn), motion=motion).label_map)


def syn_motion(case: Case) -> SliceMotion:
    """As ``slice_motion_of``, by ANTs' SyN at the same working pixels."""
    import ants

    own = case.motion
    array = sitk.GetArrayFromImage(case.image).astype(np.float32)
    coarse = [ants.from_numpy(one) for one in own.grid.reduce(array)[:, 0].numpy()]
    up, down = torch.zeros_like(own.up), torch.zeros_like(own.down)
    for n, (fixed, moving) in enumerate(pairwise(coarse)):
        found = ants.registration(fixed, moving, type_of_transform="SyNOnly", initial_transform="identity")
        for field, files in ((up, found["fwdtransforms"]), (down, found["invtransforms"])):
            (path,) = (path for path in files if path.endswith(".nii.gz"))
            field[n] = torch.from_numpy(np.moveaxis(ants.image_read(path).numpy(), -1, 0).copy())
        for path in {*found["fwdtransforms"], *found["invtransforms"]}:
            Path(path).unlink()
    return replace(own, up=up, down=down)


def installed() -> Mapping[str, Fill]:
    """The ways that can be run here, by name."""
    ways: dict[str, Fill] = {"ours": ours, "shape-based": shape_based}
    for name, package, fill in (("ITK morphological", "itk", morphological), ("SyN (antspyx)", "ants", along_syn)):
        try:
            __import__(package)
        except ModuleNotFoundError:
            print(f"{name} is not measured: {package} is not installed")
        else:
            ways[name] = fill
    return ways


def mean_dsc(found: NDArray[np.integer], truth: NDArray[np.integer], slices: list[int]) -> float:
    """Mean over the labels of these slices."""
    one, other = found[slices], truth[slices]
    values, counts = np.unique(other[other > 0], return_counts=True)
    scores = [
        2 * ((one == value) & (other == value)).sum() / ((one == value).sum() + count)
        for value, count in zip(values, counts, strict=True)
        if count >= LEAST_VOXELS
    ]
    return float(np.mean(scores))


def print_accuracy(data: Path) -> None:
    """A row a volume and scheme: the DSC between the outermost drawn slices, which all ways fill, and CPU seconds."""
    ways = installed()
    print(f"{'volume':34}{'drawn':>16}{'mm':>5}" + "".join(f"{name:>20}{'CPU s':>7}" for name in ways), flush=True)
    totals: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for case in cases(data):
        truth = sitk.GetArrayViewFromImage(case.truth)
        for scheme in (every_fifth, three_in_twenty):
            keys = scheme(len(truth))
            between = [n for n in range(keys[0], keys[-1]) if n not in keys]
            print(f"{case.name:34}{scheme.__name__:>16}{case.image.GetSpacing()[2]:5.0f}", end="")
            for name, fill in ways.items():
                start = time.process_time()
                found = fill(case, only(case.truth, keys))
                seconds = time.process_time() - start
                dsc = mean_dsc(found, truth, between)
                totals[name].append((dsc, seconds))
                print(f"{dsc:20.3f}{seconds:7.1f}", end="", flush=True)
            print()
    means = {name: np.mean(rows, axis=0) for name, rows in totals.items()}
    print(f"{'mean':55}" + "".join(f"{dsc:20.3f}{seconds:7.1f}" for dsc, seconds in means.values()))
    print(
        f"{'times our CPU time':55}" + "".join(f"{seconds / means['ours'][1]:27.1f}" for _, seconds in means.values())
    )


def print_speed(threads: int) -> None:
    """One slice of the sample volume, brought to 320 × 320 × 30 voxels, corrected in all its muscles."""
    sample = sitk.ReadImage(str(resources_dir() / "SampleData" / "thigh.nii.gz"))
    columns, rows, count = sample.GetSize()
    x_mm, y_mm, z_mm = sample.GetSpacing()
    corner = sample.TransformContinuousIndexToPhysicalPoint([(columns - SIZE[0]) / 2, (rows - SIZE[1]) / 2, 0.0])
    spacing = (x_mm, y_mm, z_mm * (count - 1) / (SIZE[2] - 1))
    image = sitk.Resample(
        sample, SIZE, sitk.Transform(), sitk.sitkLinear, corner, spacing, sample.GetDirection(), 0.0, sitk.sitkFloat32
    )
    network = segment(image, region="thigh").label_map
    array = sitk.GetArrayFromImage(network)
    array[15] = np.roll(array[15], 2, axis=1)
    corrected = sitk.GetImageFromArray(array)
    corrected.CopyInformation(network)
    keys = edited_slices(corrected, network)
    start = time.perf_counter()
    motion = slice_motion_of(image)
    registered = time.perf_counter()
    propagate(image, corrected, keys, network=network, motion=motion)
    end = time.perf_counter()
    print(
        f"\n320 × 320 × 30 voxels, {len(keys)} labels corrected in one slice, {threads} threads: "
        f"registered in {registered - start:.2f} s, once for an image; carried in {end - registered:.2f} s; "
        f"first preview after {end - start:.2f} s (aim {TARGET_S:g} s)"
    )


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description="Propagation beside other ways to fill the slices between those drawn.")
    parser.add_argument("--data", type=Path, help="the folder of label maps; without it, only the speed is measured")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    print(f"{arguments.threads} threads on {os.cpu_count()} processors, load average {os.getloadavg()[0]:.1f}")
    if arguments.data:
        print_accuracy(arguments.data)
    print_speed(arguments.threads)


if __name__ == "__main__":
    main()
