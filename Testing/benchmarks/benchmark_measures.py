"""Measuring 20 muscles in 3 maps of 384 × 384 × 60, against SimpleITK's label statistics filters.

Run: python Testing/benchmarks/benchmark_measures.py

The filters are asked for no more than they give: LabelStatistics for mean and SD, LabelIntensityStatistics for median
as well. Percentiles, areas, profile and groups are measured by us only. All results that both give are compared.
"""

import time
from collections.abc import Callable

import numpy as np
import SimpleITK as sitk

from MuscleSegLib.biomarkers import map_labels, measure
from MuscleSegLib.biomarkers.repeated import RepeatedMeasures
from MuscleSegLib.maps.parameter_map import ParameterMap
from MuscleSegLib.segmentation.labelled_volume import LabelledVolume, VolumeLabel

SIZE = (384, 384, 60)
MUSCLES = 20
REPEATS = 5


def scene() -> tuple[LabelledVolume, list[ParameterMap]]:
    """Two limbs of ten sectors each, a quarter of the image; noisy maps without a missing value."""
    columns, rows, slices = SIZE
    x = np.arange(columns) - columns / 2
    y = np.arange(rows)[:, None] - rows / 2
    values = np.zeros((slices, rows, columns), np.uint8)
    for limb, centre in enumerate((-columns / 4, columns / 4)):
        radius, angle = np.hypot(x - centre, y), np.arctan2(y, x - centre)
        sector = 1 + limb * MUSCLES // 2 + np.clip((angle + np.pi) / (2 * np.pi) * MUSCLES / 2, 0, MUSCLES / 2 - 1)
        values[:, radius < columns / 5.2] = sector.astype(np.uint8)[radius < columns / 5.2]
    grid = sitk.GetImageFromArray(values)
    grid.SetSpacing((1.0, 1.0, 6.0))
    labels = tuple(
        VolumeLabel(n, f"muscle {n}", "", "right" if n <= MUSCLES // 2 else "left", (0, 0, 0), f"group {n // 4}")
        for n in range(1, MUSCLES + 1)
    )
    random = np.random.default_rng(0)
    maps = []
    for quantity, unit, mean, sd in (("FF", "%", 12, 6), ("T2", "ms", 38, 5), ("MTR", "%", 32, 4)):
        image = sitk.GetImageFromArray(random.normal(mean, sd, values.shape).astype(np.float32))
        image.CopyInformation(grid)
        maps.append(ParameterMap(image, quantity, unit, {}))
    return LabelledVolume(grid, labels), maps


def seconds(work: Callable[[], object]) -> float:
    """CPU time of the fastest of several runs: other programs on the machine do not change it much."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    """Compare results, then times."""
    labels, maps = scene()
    mapped = [map_labels(labels, one) for one in maps]

    def ours() -> object:
        return measure(labels, mapped)

    def label_statistics() -> list[sitk.LabelStatisticsImageFilter]:
        filters = []
        for one in maps:
            statistics = sitk.LabelStatisticsImageFilter()
            statistics.SetNumberOfThreads(1)
            statistics.UseHistogramsOff()
            statistics.Execute(one.image, labels.image)
            filters.append(statistics)
        return filters

    def intensity_statistics() -> list[sitk.LabelIntensityStatisticsImageFilter]:
        filters = []
        for one in maps:
            statistics = sitk.LabelIntensityStatisticsImageFilter()
            statistics.SetNumberOfThreads(1)
            statistics.Execute(labels.image, one.image)
            filters.append(statistics)
        return filters

    def shapes() -> sitk.LabelShapeStatisticsImageFilter:
        statistics = sitk.LabelShapeStatisticsImageFilter()
        statistics.ComputePerimeterOff()
        statistics.Execute(labels.image)
        return statistics

    table = measure(labels, mapped).muscles.query("kind == 'muscle'")
    largest = dict.fromkeys(("voxels", "mean", "SD", "median", "volume"), 0.0)
    sizes = shapes()
    for one, first, second in zip(maps, label_statistics(), intensity_statistics(), strict=True):
        name, unit = one.quantity.lower(), "ms" if one.unit == "ms" else "percent"
        for n, row in enumerate(table.to_dict("records"), start=1):
            pairs = {
                "voxels": (row[f"{name}_voxels_used"], first.GetCount(n)),
                "mean": (row[f"{name}_mean_{unit}"], first.GetMean(n)),
                "SD": (row[f"{name}_sd_{unit}"], first.GetSigma(n)),
                "median": (row[f"{name}_median_{unit}"], second.GetMedian(n)),
                "volume": (row["volume_cm3"], sizes.GetPhysicalSize(n) / 1000),
            }
            for measure_name, (own, other) in pairs.items():
                largest[measure_name] = max(largest[measure_name], abs(own - other))
    assert largest["voxels"] == 0
    assert max(largest["mean"], largest["SD"], largest["volume"]) < 1e-4
    # Both filters' medians are those of a histogram of 128 bins; ours is that of the values.
    bins = max(np.ptp(one.values) for one in maps) / 128
    assert largest["median"] < bins

    count = np.count_nonzero(sitk.GetArrayViewFromImage(labels.image))
    print(f"{MUSCLES} muscles in {len(maps)} maps of {SIZE}, {count / np.prod(SIZE):.0%} of it muscle")
    print("largest differences: " + ", ".join(f"{name} {value:.2g}" for name, value in largest.items()))
    own = seconds(ours)
    print(f"{'measure: all of it':60}{own:6.2f} s of CPU time")
    for title, work in (
        ("LabelStatistics: mean, SD", label_statistics),
        ("LabelIntensityStatistics: mean, SD, median, size", intensity_statistics),
    ):
        took = seconds(work)
        print(f"{title:60}{took:6.2f} s of CPU time, {took / own:.1f} times ours")

    repeated = RepeatedMeasures(maps)
    repeated.measure(labels)
    values = sitk.GetArrayFromImage(labels.image)

    def after_a_stroke() -> object:
        values[tuple(np.argwhere(values == 1)[0])] = 0
        corrected = sitk.GetImageFromArray(values)
        corrected.CopyInformation(labels.image)
        return repeated.measure(LabelledVolume(corrected, labels.labels))

    took = seconds(after_a_stroke)
    print(
        f"{'measuring again after a correction of one muscle':60}{took:6.2f} s of CPU time, {took / own:.1f} times all"
    )


if __name__ == "__main__":
    main()
